// Reads a ZIP without a library: its directory from the end, and each photo by the browser's own inflater.
//
// Layout: APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16.

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;

/** The most files that are taken from one ZIP, the most bytes of one, and of all. */
const MOST_FILES = 100;
const MOST_BYTES = 100_000_000;
const MOST_TOGETHER = 1_000_000_000;

/**
 * Reads the files of a ZIP that are wanted; `skipped` counts those of them that are too large, or packed in a way that no
 * browser unpacks.
 *
 * @param {Blob} zip
 * @param {(name: string) => boolean} wanted
 * @returns {Promise<{ files: File[], skipped: number }>}
 */
export async function unzip(zip, wanted) {
    const tail = await view(zip, Math.max(0, zip.size - 65_557), zip.size);
    let end = tail.byteLength - 22;
    while (end >= 0 && tail.getUint32(end, true) !== END) end--;
    if (end < 0) throw new Error("not a ZIP");
    const [count, length, start] = [tail.getUint16(end + 10, true), tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
    const directory = await view(zip, start, start + length);
    const files = [];
    let [at, skipped, room] = [0, 0, MOST_TOGETHER];
    for (let index = 0; index < count && at + 46 <= directory.byteLength; index++) {
        if (directory.getUint32(at, true) !== ENTRY) throw new Error("a broken directory");
        const nameLength = directory.getUint16(at + 28, true);
        const name = new TextDecoder().decode(new Uint8Array(directory.buffer, directory.byteOffset + at + 46, nameLength));
        const entry = {
            name,
            method: directory.getUint16(at + 10, true),
            packed: directory.getUint32(at + 20, true),
            offset: directory.getUint32(at + 42, true),
        };
        at += 46 + nameLength + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
        if (!wanted(name)) continue;
        /** @type {File | null} */
        const file = files.length < MOST_FILES ? await extract(zip, entry, Math.min(MOST_BYTES, room)) : null;
        if (file) files.push(file);
        else skipped++;
        room -= file?.size ?? 0;
    }
    return { files, skipped };
}

/**
 * @param {Blob} zip
 * @param {{ name: string, method: number, packed: number, offset: number }} entry
 * @param {number} most
 */
async function extract(zip, { name, method, packed, offset }, most) {
    const head = await view(zip, offset, offset + 30);
    if (head.getUint32(0, true) !== LOCAL) throw new Error("a broken entry");
    const start = offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
    const bytes = zip.slice(start, start + packed);
    const plain = name.split("/").at(-1) ?? name;
    if (packed > most || ![0, 8].includes(method)) return null;
    if (method === 0) return new File([bytes], plain);
    // What the directory says of the length may be wrong: a small entry can hold gigabytes.
    const bounded = new TransformStream({
        transform(chunk, out) {
            most -= chunk.byteLength;
            if (most < 0) throw new Error("too large");
            out.enqueue(chunk);
        },
    });
    const inflated = bytes.stream().pipeThrough(new DecompressionStream("deflate-raw")).pipeThrough(bounded);
    const whole = await new Response(inflated).blob().catch(() => null);
    return whole && new File([whole], plain);
}

/** @param {Blob} blob @param {number} from @param {number} to */
const view = async (blob, from, to) => new DataView(await blob.slice(from, to).arrayBuffer());
