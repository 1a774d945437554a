// The check of a photo in the browser, before anything is sent: by the product's own core, in a Web Worker. Where the core
// cannot run, a photo is sent as it is, and the server says what it thinks of it.

/**
 * @typedef {object} Checked
 * @property {"good" | "rejected" | "unknown"} verdict unknown: the server must look at the photo.
 * @property {string} [code] Stable name of the reason.
 * @property {string} [sentence] The reason.
 * @property {string} [advice] The next step, in a sentence.
 * @property {string} [sum] Equal for photos that are the same once they are clean.
 * @property {string[]} [changes] Changes that made the photo clean.
 * @property {number} [width] Width of the clean photo in pixels.
 * @property {number} [height] Height of the clean photo in pixels.
 * @property {Blob} [normalised] The clean photo, which is sent instead of the file.
 */

/** Milliseconds without a photo after which the Worker is ended: nothing else gives WebAssembly's memory back. */
const IDLE = 15_000;

/** Milliseconds that one photo may take, on the slowest of phones. */
const LONGEST = 60_000;

/** The Worker, while it lives. @type {Worker | null} */
let worker = null;
/** False once the module could not run here. */
let runs = true;
let asked = 0;
/** Photos that the Worker looks at, in their order: the function that takes each one's answer. @type {Map<number, (found: any) => void>} */
const waiting = new Map();
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
    const found = await look(file);
    if (!found) return { verdict: "unknown" };
    const { code, sentence, advice, changes, sum, width, height, jpeg } = found;
    if (code) return { verdict: "rejected", code, sentence, advice };
    return { verdict: "good", changes, sum, width, height, normalised: new Blob([jpeg], { type: "image/jpeg" }) };
}

/** Has the Worker look at a photo; nothing comes back where it cannot. @param {Blob} file */
function look(file) {
    if (!runs) return Promise.resolve(null);
    worker ??= started();
    const id = ++asked;
    const answer = new Promise((resolve) => waiting.set(id, resolve));
    worker?.postMessage({ id, file });
    watch();
    return answer;
}

/** Starts the Worker; a browser that is too old for that leaves the photos to the server. */
function started() {
    let made;
    try {
        made = new Worker(new URL("./checker.js", import.meta.url), { type: "module" });
    } catch {
        queueMicrotask(giveUp);
        return null;
    }
    made.onmessage = ({ data }) => {
        waiting.get(data.id)?.(data);
        waiting.delete(data.id);
        watch();
    };
    // The module could not be loaded or compiled, or a photo was too much for it.
    made.onerror = (event) => {
        event.preventDefault();
        giveUp();
    };
    return made;
}

/** Ends the Worker when nothing has happened for some time: without photos it is idle, with photos it is stuck. */
function watch() {
    clearTimeout(clock);
    clock = setTimeout(() => (waiting.size ? giveUp() : end()), waiting.size ? LONGEST : IDLE);
}

/** Leaves this and all further photos to the server. */
function giveUp() {
    runs = false;
    end();
    for (const answer of waiting.values()) answer(null);
    waiting.clear();
}

function end() {
    clearTimeout(clock);
    worker?.terminate();
    worker = null;
}
