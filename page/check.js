// The check of a photo in the browser, before anything is sent.
//
// This is the place of the WebAssembly module: `check` would hand the file to a Web Worker that runs the product's own
// core, and return its verdict and the clean photo. Without the module a photo is sent as it is, and the server says
// what it thinks of it.

/**
 * @typedef {object} Checked
 * @property {"good" | "usable" | "rejected" | "unknown"} verdict unknown: the server must look at it.
 * @property {string} [code] The reason's stable name.
 * @property {string} [sentence] The reason.
 * @property {string} [advice] The next step, in a sentence.
 * @property {Blob} [normalised] The clean photo, which is sent instead of the file.
 */

/**
 * Looks at a photo.
 *
 * @param {Blob} file
 * @param {{ maxBytes: number }} limits
 * @returns {Promise<Checked>}
 */
export async function check(file, limits) {
    if (file.size === 0) return { verdict: "rejected", code: "photo.empty" };
    if (file.size > limits.maxBytes) return { verdict: "rejected", code: "photo.too_many_bytes" };
    return { verdict: "unknown" };
}
