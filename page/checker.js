// The Web Worker that looks at photos with the product's own core, compiled to WebAssembly. What the core would refuse as
// too large, or does not read, goes through the browser's own decoder, made smaller where it must be.

/** @typedef {typeof import("./module/simd.js")} Module */

/** Reasons for which the browser's own decoder may help: it reads more formats, and can make a photo smaller. */
const HELPED = new Set(["photo.unsupported_format", "photo.unsupported_coding", "photo.too_many_bytes", "photo.too_many_pixels", "photo.too_long", "photo.too_much_memory"]);

/** The reason that depends on the device: the server may have more memory. */
const OURS = "photo.too_much_memory";

/** The most bytes of a file that the core is given; the browser makes a larger one smaller. */
const MOST_BYTES = 32_000_000;

/** Numbers of pixels that a photo is made smaller to: what phones make by default, and the most that iOS draws. */
const PIXELS = [24e6, 16.7e6];

/** The module, which is loaded with the first photo. A browser that cannot run it, for want of SIMD say, ends the Worker here. */
const module = load();

async function load() {
    /** @type {Module} */
    const loaded = await import("./module/simd.js");
    await loaded.default();
    return loaded;
}

onmessage = async ({ data: file }) => {
    const { check } = await module;
    const look = async (/** @type {Blob} */ photo) => check(new Uint8Array(await photo.arrayBuffer()));
    // Where the browser reads HEIC, it is faster at it, and takes no memory of the module.
    const own = (await isHeif(file)) ? await redrawn(file) : null;
    /** @type {import("./module/simd.js").Checked | null} */
    let found = own ? await look(own) : file.size > MOST_BYTES ? null : await look(file);
    if (!own && (!found || HELPED.has(found.code ?? ""))) {
        const smaller = await redrawn(file);
        if (smaller) {
            found?.free();
            found = await look(smaller);
        }
    }
    if (!found) return reply({ code: "photo.too_many_bytes" });
    const { code, sentence, advice, changes, sum } = found;
    const [width, height] = found.size;
    const report = found.report ? JSON.parse(found.report) : undefined;
    // Frees what was found as well.
    const jpeg = found.jpeg();
    reply(code === OURS ? null : { code, sentence, advice, changes, sum, width, height, report, jpeg }, jpeg ? [jpeg.buffer] : []);
};

/** @param {any} found @param {Transferable[]} [moved] */
const reply = (found, moved = []) => /** @type {any} */ (self).postMessage(found, moved);

// A Worker's own error event does not fire for what happens after an `await`.
self.addEventListener("unhandledrejection", (event) => {
    throw event.reason;
});

/** Tells whether a file is HEIC, or another of its family (ISO 14496-12: a box named ftyp). @param {Blob} file */
const isHeif = async (file) => (await file.slice(4, 8).text()) === "ftyp";

/** Draws a photo upright and small enough; null where this browser cannot. @param {Blob} file */
async function redrawn(file) {
    for (const pixels of PIXELS) {
        const drawn = await draw(file, pixels).catch(() => null);
        if (drawn) return drawn;
    }
    return null;
}

/**
 * Draws a photo with at most so many pixels.
 *
 * @param {Blob} file
 * @param {number} pixels
 * @returns {Promise<Blob | null>}
 */
async function draw(file, pixels) {
    const whole = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, Math.sqrt(pixels / (whole.width * whole.height)));
    const canvas = new OffscreenCanvas(Math.round(whole.width * scale), Math.round(whole.height * scale));
    const paper = canvas.getContext("2d", { alpha: false });
    if (!paper) return null;
    paper.imageSmoothingQuality = "high";
    // Transparent parts would come out black.
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, canvas.width, canvas.height);
    // A canvas that is too large for this browser stays empty, without a word.
    if (paper.getImageData(canvas.width - 1, canvas.height - 1, 1, 1).data[0] !== 255) return null;
    paper.drawImage(whole, 0, 0, canvas.width, canvas.height);
    whole.close();
    return canvas.convertToBlob({ type: "image/jpeg", quality: 0.97 });
}
