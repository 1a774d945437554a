// Pictures that tests make themselves, with an encoder that is not the imager's.

import sharp from "sharp";

/** Draws a picture with shapes that tell up from down and left from right, and noise as fine as a photo's. */
export async function drawing(width, height, sigma = 6) {
    const shapes = Buffer.from(`<svg width="${width}" height="${height}" xmlns="http://www.w3.org/2000/svg">
        <defs><linearGradient id="sky" x2="1" y2="1">
            <stop offset="0" stop-color="#204080"/><stop offset="1" stop-color="#e0c090"/>
        </linearGradient></defs>
        <rect width="100%" height="100%" fill="url(#sky)"/>
        <circle cx="30%" cy="25%" r="12%" fill="#d04030"/>
        <rect x="60%" y="65%" width="30%" height="20%" fill="#30a050"/>
    </svg>`);
    const noise = { create: { width, height, channels: 3, noise: { type: "gaussian", mean: 128, sigma } } };
    const grain = await sharp(noise).png({ compressionLevel: 0 }).toBuffer();
    return sharp(shapes).removeAlpha().composite([{ input: grain, blend: "soft-light" }]);
}

/** Makes a JPEG as a phone does: lying on its side, with the place where it was taken. */
export async function phonePhoto(width, height, { orientation = 6, chroma = "4:2:0", progressive = false } = {}) {
    const picture = (await drawing(width, height)).jpeg({ quality: 92, chromaSubsampling: chroma, progressive });
    const exif = { IFD0: { Make: "Likeness" }, IFD3: { GPSLatitudeRef: "N", GPSLatitude: "52/1 30/1 0/1" } };
    return picture.withExif(exif).withMetadata({ orientation }).toBuffer();
}

/** Makes a JPEG of noise alone, without metadata: quickly, whatever its size. */
export const noisePhoto = (width, height) =>
    sharp({ create: { width, height, channels: 3, noise: { type: "gaussian", mean: 128, sigma: 6 } } }).jpeg({ quality: 92 }).toBuffer();

/** Puts EXIF with this orientation into a JPEG that has none. */
export function turned(jpeg, orientation) {
    const exif = Buffer.from("ffe100224578696600004d4d002a00000008000101120003000000010000000000000000", "hex");
    exif[exif.length - 7] = orientation;
    return Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]);
}

/** Compares two pictures, both upright: the mean difference over all samples, at most 255. */
export async function difference(one, other) {
    const pixels = (bytes) => sharp(bytes).autoOrient().removeAlpha().toColourspace("srgb").raw().toBuffer();
    const [a, b] = await Promise.all([pixels(one), pixels(other)]);
    if (a.length !== b.length) return 255;
    let sum = 0;
    for (let at = 0; at < a.length; at++) sum += Math.abs(a[at] - b[at]);
    return sum / a.length;
}
