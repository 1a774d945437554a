// photon, which decodes to RGBA and encodes at a quality of choice. Orientation is not its business.

import { createRequire } from 'node:module';
import { serve } from './worker.mjs';

const { PhotonImage } = createRequire(`${process.argv[2]}/`)('@silvia-odwyer/photon-node');
await serve((way, photo) => {
    const image = PhotonImage.new_from_byteslice(photo);
    const jpeg = image.get_bytes_jpeg(95);
    image.free();
    return jpeg.length;
});
