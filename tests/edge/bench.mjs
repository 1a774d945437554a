// Measures the processor time of a photo, a training and a look at a status from outside: a Worker's own clock
// stands still while it computes. Runtime and both Workers are one process, so its overhead is counted too.
//
//     scripts/bench-edge

import sharp from "sharp";
import { Both } from "./both.mjs";
import { drawing } from "./pictures.mjs";

const [WIDTH, HEIGHT, PHOTOS, LOOKS, AT_ONCE] = [4032, 3024, 20, 2000, 16];

const size = { width: WIDTH, height: HEIGHT + 8 * PHOTOS };
const whole = await (await drawing(size.width, size.height)).raw().toBuffer();
const photos = [];
for (let at = 0; at < PHOTOS; at++) {
    const cut = { left: 0, top: 8 * at, width: WIDTH, height: HEIGHT };
    photos.push(await sharp(whole, { raw: { ...size, channels: 3 } }).extract(cut).jpeg({ quality: 92 }).toBuffer());
}

const both = await Both.start();
try {
    const token = await both.server();
    const cost = async (work) => {
        const before = [await both.cpu(), performance.now()];
        const result = await work();
        return { cpu: (await both.cpu()) - before[0], wall: performance.now() - before[1], result };
    };
    const say = (what, number, unit) => console.log(`${what.padEnd(52)} ${number.toFixed(1).padStart(9)} ${unit}`);

    const looked = await cost(() => both.avatar(token, photos));
    say(`a photo of 12 megapixels, uploaded and prepared`, looked.cpu / PHOTOS, "ms of CPU");
    const path = `${looked.result}/trainings/1`;
    const trained = await cost(async () => {
        await both.call("PUT", path, { token, body: {} });
        return both.until(token, path, ({ status }) => status !== "in_progress", 300_000);
    });
    if (trained.result.status !== "completed") throw new Error(JSON.stringify(trained.result));
    say(`a training of ${PHOTOS} photos, after they were prepared`, trained.cpu, "ms of CPU");
    const rows = [["a status of the front", both.url + path], ["a bare Worker", `http://127.0.0.1:${both.barePort}/`]];
    const rates = [];
    for (const [what, url] of rows) {
        const headers = { authorization: `Bearer ${token}` };
        const asked = await cost(() => Promise.all(Array.from({ length: AT_ONCE }, async () => {
            for (let at = 0; at < LOOKS / AT_ONCE; at++) await (await fetch(url, { headers })).text();
        })));
        say(what, (LOOKS * 1000) / asked.wall, "requests per second");
        say(what, asked.cpu / LOOKS, "ms of CPU");
        rates.push((LOOKS * 1000) / asked.wall);
    }
    say("a bare Worker, compared with a status", rates[1] / rates[0], "times as many");
} finally {
    await both.stop();
}
