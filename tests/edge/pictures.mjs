// Pictures that tests make themselves, with an encoder that is not the imager's.

import { readFileSync } from "node:fs";
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

/** A HEIC of one tile of 512 x 512 pixels, drawn and noisy, made with heifer's encoder (`heifer::encode_rgb8`, quality 80). */
const TILE = readFileSync(new URL("tile.heic", import.meta.url));

/** Writes a box of ISO/IEC 14496-12. */
function box(kind, ...contents) {
    const content = Buffer.concat(contents);
    return Buffer.concat([u32(content.length + 8), Buffer.from(kind), content]);
}
const u16 = (...values) => Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 255])));
const u32 = (...values) => Buffer.concat(values.map((value) => Buffer.from([value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255])));

/** Makes a HEIC as phones do, a grid of tiles, turned by so many quarters: the same tile over and over. */
export function heicGrid(width, height, { quarters = 0 } = {}) {
    const config = TILE.indexOf("hvcC") - 4;
    const hvcC = TILE.subarray(config, config + TILE.readUInt32BE(config));
    const data = TILE.subarray(TILE.indexOf("mdat") + 4);
    const [columns, rows] = [Math.ceil(width / 512), Math.ceil(height / 512)];
    const tiles = Array.from({ length: columns * rows }, (_, at) => at + 1);
    const grid = tiles.length + 1;
    const description = Buffer.concat([Buffer.from([0, 0, rows - 1, columns - 1]), u16(width, height)]);
    const ispe = (...size) => box("ispe", u32(0, ...size));
    const properties = box("ipco", hvcC, ispe(512, 512), ispe(width, height), box("irot", Buffer.from([quarters])));
    const of = (item) => Buffer.concat([u16(item), Buffer.from(item === grid ? [2, 3, 4] : [2, 1, 2])]);
    const associations = box("ipma", u32(0, grid), ...[...tiles, grid].map(of));
    const info = (item) => box("infe", u32(0x02000000), u16(item, 0), Buffer.from(item === grid ? "grid\0" : "hvc1\0"));
    const start = box("ftyp", Buffer.from("heic\0\0\0\0mif1heic"));
    const meta = (from) => {
        const place = (item) => Buffer.concat([
            u16(item, 0, 1),
            u32(from + (item - 1) * data.length, item === grid ? description.length : data.length),
        ]);
        return box(
            "meta", u32(0),
            box("hdlr", u32(0, 0), Buffer.from("pict"), Buffer.alloc(13)),
            box("pitm", u32(0), u16(grid)),
            box("iloc", u32(0), u16(0x4400, grid), ...[...tiles, grid].map(place)),
            box("iinf", u32(0), u16(grid), ...[...tiles, grid].map(info)),
            box("iref", u32(0), box("dimg", u16(grid, tiles.length, ...tiles))),
            box("iprp", properties, associations),
        );
    };
    const from = start.length + meta(0).length + 8;
    return Buffer.concat([start, meta(from), box("mdat", ...tiles.map(() => data), description)]);
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
