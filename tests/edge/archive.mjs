// A ZIP archive in pieces, as the front sends one: its framing as bytes, its photos as objects.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";

const header = (signature, numbers, name) => {
    const bytes = Buffer.alloc(4 + numbers.reduce((sum, [size]) => sum + size, 0));
    bytes.writeUInt32LE(signature);
    let at = 4;
    for (const [size, number] of numbers) at = bytes.writeUIntLE(number, at, size);
    return Buffer.concat([bytes, Buffer.from(name)]);
};

/** Makes the pieces of an archive of these photos, `[{ name, bytes, ...object }]`; `object` describes a photo's object. */
export function archive(photos) {
    const pieces = [];
    const directory = [];
    let at = 0;
    const add = (piece, length) => {
        pieces.push(piece);
        at += length;
    };
    for (const { name, bytes, ...object } of photos) {
        const sizes = [[4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, name.length]];
        directory.push(
            header(0x02014b50, [[2, 20], [2, 20], [2, 0], [2, 0], [2, 0], [2, 33], ...sizes,
                [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, at]], name),
        );
        const local = header(0x04034b50, [[2, 20], [2, 0], [2, 0], [2, 0], [2, 33], ...sizes, [2, 0]], name);
        add({ bytes: [...local] }, local.length);
        const piece = { length: bytes.length, crc32: crc32(bytes), place: `s3://bucket/${name}`, ...object };
        add({ object: piece }, bytes.length);
    }
    const central = Buffer.concat(directory);
    const count = photos.length;
    const end = header(0x06054b50, [[2, 0], [2, 0], [2, count], [2, count], [4, central.length], [4, at], [2, 0]], "");
    add({ bytes: [...central, ...end] }, central.length + end.length);
    return { pieces, length: at };
}

/** Tells whether Python's zipfile can read the archive and finds every sum right. */
export function unpacks(bytes) {
    const folder = mkdtempSync(join(tmpdir(), "likeness-zip-"));
    try {
        const path = join(folder, "set.zip");
        writeFileSync(path, bytes);
        const { status, stdout, stderr } = spawnSync("python3", ["-m", "zipfile", "-t", path], { encoding: "utf8" });
        // zipfile names a broken entry on standard output, and exits with 0 all the same.
        return status === 0 && /^Done testing\s*$/.test(stdout) && stderr === "";
    } finally {
        rmSync(folder, { recursive: true });
    }
}
