// The WebAssembly module that scripts/build-page makes of page/wasm. Without it the server checks the photos.

/** The result of a look at a photo. */
export class Checked {
    free(): void;
    /** Stable code of the reason why the photo cannot be used. */
    readonly code: string | undefined;
    readonly sentence: string | undefined;
    readonly advice: string | undefined;
    /** Length and CRC-32 of the clean photo: equal for equal photos. */
    readonly sum: string | undefined;
    /** Width and height of the clean photo in pixels; empty for a photo that cannot be used. */
    readonly size: Uint32Array;
    readonly changes: string[];
    /** The report on the photo's looks as JSON, a `Report` of check.js; nothing for a photo without a preview. */
    readonly report: string | undefined;
    /** Takes the clean photo, and frees the rest. */
    jpeg(): Uint8Array<ArrayBuffer> | undefined;
}

/** Checks a photo as the server would, and makes the clean photo. */
export function check(bytes: Uint8Array): Checked;

/** Loads the module. */
export default function init(): Promise<unknown>;
