// The Web Worker that looks at photos with the product's own core, compiled to WebAssembly. What the core would refuse as
// too large, or does not read, goes through the browser's own decoder, made smaller where it must be.

/** @typedef {typeof import("./module/simd.js")} Module */

/** Reasons for which the browser's own decoder may help: it reads more formats, and can make a photo smaller. */
const HELPED = new Set(["photo.unsupported_format", "photo.unsupported_coding", "photo.too_many_bytes", "photo.too_many_pixels", "photo.too_long", "photo.too_much_memory"]);

/** The most pixels of a photo that the browser decodes: as many as phones make by default. */
const PIXELS = 24e6;

/** A module whose one function returns a vector of zeros: not valid in a browser without SIMD. */
const VECTORS = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11]);

/** The module, which is loaded with the first photo. A browser that cannot run it ends the Worker here. */
const module = load();

async function load() {
    /** @type {Module} */
    const loaded = WebAssembly.validate(VECTORS) ? await import("./module/simd.js") : await import("./module/plain.js");
    await loaded.default();
    return loaded;
}

onmessage = async ({ data: { id, file } }) => {
    const { check } = await module;
    let found = check(new Uint8Array(await file.arrayBuffer()));
    if (HELPED.has(found.code ?? "")) {
        const smaller = await redrawn(file).catch(() => null);
        if (smaller) {
            found.free();
            found = check(new Uint8Array(await smaller.arrayBuffer()));
        }
    }
    const { code, sentence, advice, changes, sum } = found;
    const [width, height] = found.size;
    // Frees what was found as well.
    const jpeg = found.jpeg();
    /** @type {any} */ (self).postMessage({ id, code, sentence, advice, changes, sum, width, height, jpeg }, jpeg ? [jpeg.buffer] : []);
};

// A Worker's own error event does not fire for what happens after an `await`.
self.addEventListener("unhandledrejection", (event) => {
    throw event.reason;
});

/**
 * Draws a photo upright, with at most PIXELS pixels.
 *
 * @param {Blob} file
 * @returns {Promise<Blob>}
 */
async function redrawn(file) {
    const whole = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, Math.sqrt(PIXELS / (whole.width * whole.height)));
    const canvas = new OffscreenCanvas(Math.round(whole.width * scale), Math.round(whole.height * scale));
    const paper = canvas.getContext("2d", { alpha: false });
    if (!paper) throw new Error("no canvas");
    paper.imageSmoothingQuality = "high";
    // Transparent parts would come out black.
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, canvas.width, canvas.height);
    paper.drawImage(whole, 0, 0, canvas.width, canvas.height);
    whole.close();
    return canvas.convertToBlob({ type: "image/jpeg", quality: 0.97 });
}
