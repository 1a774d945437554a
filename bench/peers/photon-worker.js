// photon in a Worker of its own: a photo in, a JPEG of quality 95 out. Orientation is not its business.

import { PhotonImage } from "@cf-wasm/photon";

export default {
    async fetch(request) {
        if (request.method !== "POST") return new Response("photon");
        const image = PhotonImage.new_from_byteslice(new Uint8Array(await request.arrayBuffer()));
        const jpeg = image.get_bytes_jpeg(95);
        image.free();
        return new Response(jpeg);
    },
};
