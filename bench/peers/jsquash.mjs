// jSquash: MozJPEG in WebAssembly, decoded to RGBA and encoded at quality 95.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { serve } from './worker.mjs';

const package_ = path.join(process.argv[2], 'node_modules/@jsquash/jpeg');
const part = async (name, codec) => {
    const { default: run, init } = await import(pathToFileURL(path.join(package_, name)));
    await init(await WebAssembly.compile(fs.readFileSync(path.join(package_, codec))));
    return run;
};
// The library makes its pictures of this class of browsers, which Node lacks.
globalThis.ImageData ??= class {
    constructor(data, width, height) {
        Object.assign(this, { data, width, height });
    }
};
const decode = await part('decode.js', 'codec/dec/mozjpeg_dec.wasm');
const encode = await part('encode.js', 'codec/enc/mozjpeg_enc.wasm');
await serve(async (_, photo) => {
    const file = photo.buffer.slice(photo.byteOffset, photo.byteOffset + photo.byteLength);
    return (await encode(await decode(file), { quality: 95 })).byteLength;
});
