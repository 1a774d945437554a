// sharp (libvips), on one thread and without its cache, as a server sets it up that works on several photos at once.

import { createRequire } from 'node:module';
import { serve } from './worker.mjs';

const sharp = createRequire(`${process.argv[2]}/`)('sharp');
sharp.concurrency(1);
sharp.cache(false);
const ways = {
    clean: (photo) => sharp(photo).rotate(),
    to_1024: (photo) =>
        sharp(photo).rotate().resize(1024, 1024, { fit: 'inside', withoutEnlargement: true, kernel: 'lanczos3' }),
};
await serve(async (way, photo) => {
    const jpeg = await ways[way](photo).toColourspace('srgb').jpeg({ quality: 95 }).toBuffer();
    return jpeg.length;
});
