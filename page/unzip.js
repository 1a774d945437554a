// Reads a ZIP without a library: its directory from the end, and each photo by the browser's own inflater.
//
// Layout: APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16.

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;

/** The most files that are taken from one ZIP, and the most bytes of one. */
const MOST_FILES = 100;
const MOST_BYTES = 100_000_000;

/** Lists the files in a ZIP. @param {Blob} zip @param {(name: string) => boolean} wanted @returns {Promise<File[]>} */
export async function unzip(zip, wanted) {
    const tail = await view(zip, Math.max(0, zip.size - 65_557), zip.size);
    let end = tail.byteLength - 22;
    while (end >= 0 && tail.getUint32(end, true) !== END) end--;
    if (end < 0) throw new Error("not a ZIP");
    const [count, length, start] = [tail.getUint16(end + 10, true), tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
    const directory = await view(zip, start, start + length);
    const files = [];
    let at = 0;
    for (let index = 0; index < count && files.length < MOST_FILES && at + 46 <= directory.byteLength; index++) {
        if (directory.getUint32(at, true) !== ENTRY) throw new Error("a broken directory");
        const nameLength = directory.getUint16(at + 28, true);
        const name = new TextDecoder().decode(new Uint8Array(directory.buffer, directory.byteOffset + at + 46, nameLength));
        const entry = {
            name,
            method: directory.getUint16(at + 10, true),
            packed: directory.getUint32(at + 20, true),
            bytes: directory.getUint32(at + 24, true),
            offset: directory.getUint32(at + 42, true),
        };
        at += 46 + nameLength + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
        if (wanted(name) && entry.bytes <= MOST_BYTES) files.push(await extract(zip, entry));
    }
    return files;
}

/** @param {Blob} zip @param {{ name: string, method: number, packed: number, offset: number }} entry */
async function extract(zip, { name, method, packed, offset }) {
    const head = await view(zip, offset, offset + 30);
    if (head.getUint32(0, true) !== LOCAL) throw new Error("a broken entry");
    const start = offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
    const bytes = zip.slice(start, start + packed);
    const plain = name.split("/").at(-1) ?? name;
    if (method === 0) return new File([bytes], plain);
    if (method !== 8) throw new Error("an unknown compression");
    const inflated = bytes.stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new File([await new Response(inflated).blob()], plain);
}

/** @param {Blob} blob @param {number} from @param {number} to */
const view = async (blob, from, to) => new DataView(await blob.slice(from, to).arrayBuffer());
