// Small upright pictures of photos, made here, so that a photo shows at once and after a reload.

/** Longest side of a small picture in pixels: enough for the large view, when the photo itself is gone from here. */
const SIDE = 800;

/** The picture that is being made: one at a time, since a large photo takes 200 MB while it is decoded. @type {Promise<unknown>} */
let before = Promise.resolve();

/** Makes a small picture of a photo; null where this browser cannot read it. @param {Blob} file @returns {Promise<Blob | null>} */
export function thumb(file) {
    const made = before.then(() => draw(file)).catch(() => null);
    before = made;
    return made;
}

/** @param {Blob} file @returns {Promise<Blob | null>} */
async function draw(file) {
    const whole = await decoded(file);
    const [width, height] = "naturalWidth" in whole ? [whole.naturalWidth, whole.naturalHeight] : [whole.width, whole.height];
    const scale = Math.min(1, SIDE / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const context = canvas.getContext("2d");
    if (!context) return null;
    // The part of a broken photo that is missing.
    context.fillStyle = "#a59d8e";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = "high";
    context.drawImage(whole, 0, 0, canvas.width, canvas.height);
    if ("close" in whole) whole.close();
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.82));
}

/** Decodes a photo upright. @param {Blob} file @returns {Promise<ImageBitmap | HTMLImageElement>} */
async function decoded(file) {
    try {
        return await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
        // An <img> shows the part that is there of a photo that was cut off.
        const image = new Image();
        const address = URL.createObjectURL(file);
        try {
            image.src = address;
            await image.decode().catch(() => new Promise((resolve, reject) => {
                if (image.complete) {
                    if (image.naturalWidth > 0) resolve(undefined);
                    else reject(new Error("unreadable"));
                }
                image.onload = resolve;
                image.onerror = reject;
            }));
            return image;
        } finally {
            // Drawn before the address goes: the decoded picture stays with the element.
            setTimeout(() => URL.revokeObjectURL(address), 10_000);
        }
    }
}
