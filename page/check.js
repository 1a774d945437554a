// The check of a photo in the browser, before anything is sent: by the product's own core, in a Web Worker. Where the core
// cannot run, a photo is sent as it is, and the server says what it thinks of it.

/**
 * @typedef {object} Checked
 * @property {"good" | "usable" | "rejected" | "unknown"} verdict usable: good, with a warning; unknown: the server must look at the photo.
 * @property {string} [code] Stable name of the reason.
 * @property {string} [sentence] The reason.
 * @property {string} [advice] The next step, in a sentence.
 * @property {string} [sum] Equal for photos that are the same once they are clean.
 * @property {string[]} [changes] Changes that made the photo clean.
 * @property {number} [width] Width of the clean photo in pixels.
 * @property {number} [height] Height of the clean photo in pixels.
 * @property {Report} [report] The photo's looks.
 * @property {Blob} [normalised] The clean photo, which is sent instead of the file.
 */

/**
 * @typedef {object} Report The looks of a photo that can be used.
 * @property {"good" | "usable"} verdict
 * @property {Face[]} faces The largest first.
 * @property {Finding[]} findings The gravest first.
 */

/** @typedef {{ x: number, y: number, width: number, height: number }} Face In fractions of the picture's width and height. */
/** @typedef {{ code: string, said: Record<string, { sentence: string, advice: string }> }} Finding With its sentences by language. */

/** Milliseconds without a photo after which the Worker is ended: nothing else gives WebAssembly's memory back. */
const IDLE = 15_000;

/** Milliseconds that one photo may take, on the slowest of phones. */
const LONGEST = 60_000;

/** The most bytes of a file that is read: more than any camera makes. */
const MOST_BYTES = 250_000_000;

/** The Worker, while it lives. @type {Worker | null} */
let worker = null;
/** Number of photos in a row at which the Worker ended. At the second one it cannot run here. */
let failures = 0;
/** The photo that is looked at: one at a time, since a large one takes 200 MB while it is decoded. @type {Promise<unknown>} */
let before = Promise.resolve();
/** The function that takes the answer for that photo; null takes none. @type {((found: any) => void) | null} */
let waiting = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let clock;

/**
 * Looks at a photo.
 *
 * @param {Blob} file
 * @returns {Promise<Checked>}
 */
export async function check(file) {
    if (file.size === 0) return { verdict: "rejected", code: "photo.empty" };
    if (file.size > MOST_BYTES) return { verdict: "rejected", code: "photo.too_many_bytes" };
    const answer = before.then(() => look(file));
    before = answer;
    const found = await answer;
    if (!found) return { verdict: "unknown" };
    const { code, sentence, advice, changes, sum, width, height, report, jpeg } = found;
    if (code) return { verdict: "rejected", code, sentence, advice };
    return { verdict: report?.verdict ?? "good", changes, sum, width, height, report, normalised: new Blob([jpeg], { type: "image/jpeg" }) };
}

/** Has the Worker look at a photo; nothing comes back where it cannot. @param {Blob} file @returns {Promise<any>} */
function look(file) {
    if (failures > 1) return Promise.resolve(null);
    return new Promise((resolve) => {
        waiting = resolve;
        try {
            worker ??= started();
            worker.postMessage(file);
            watch();
        } catch {
            // A browser that is too old for a Worker of this kind.
            failed();
        }
    });
}

/** Starts the Worker. */
function started() {
    const made = new Worker(new URL("./checker.js", import.meta.url), { type: "module" });
    made.onmessage = ({ data }) => {
        failures = 0;
        answer(data);
        watch();
    };
    // The module could not be loaded or compiled, or the photo was too much for it.
    made.onerror = (event) => {
        event.preventDefault();
        failed();
    };
    return made;
}

/** Ends the Worker when nothing has happened for some time: without a photo it is idle, with one it is stuck. */
function watch() {
    clearTimeout(clock);
    clock = setTimeout(() => (waiting ? failed() : end()), waiting ? LONGEST : IDLE);
}

// A page in the background is frozen, and its Worker with it: the time there does not count.
addEventListener("visibilitychange", () => worker && watch());

/** Tries the module anew, which a lost connection may have kept away. */
export function recover() {
    failures = 0;
}

/** Leaves the photo to the server. */
function failed() {
    failures++;
    end();
    answer(null);
}

/** @param {any} found */
function answer(found) {
    waiting?.(found);
    waiting = null;
}

function end() {
    clearTimeout(clock);
    worker?.terminate();
    worker = null;
}
