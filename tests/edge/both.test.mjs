// A whole training through both Workers, in test mode: no setting but ADMIN_TOKEN.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Both } from "./both.mjs";
import sharp from "sharp";
import { drawing } from "./pictures.mjs";

/** Messages that the backend received. */
const told = [];
const backend = createServer(async (request, response) => {
    const parts = await request.toArray();
    told.push(JSON.parse(Buffer.concat(parts)));
    response.end();
});

let both;
let token;
before(async () => {
    await new Promise((ready) => backend.listen(0, "127.0.0.1", ready));
    const NOTIFY_URL = `http://127.0.0.1:${backend.address().port}/`;
    both = await Both.start({ NOTIFY_URL, NOTIFY_SECRET: "a secret that only both know" });
    token = await both.server();
});
after(async () => {
    await both?.stop();
    backend.close();
});

const ended = ({ status }) => status !== "in_progress";

/** Cuts photos that differ from one picture: a photo that is there twice counts once. */
async function photos(count, width, height) {
    const size = { width, height: height + 8 * count };
    const whole = await (await drawing(size.width, size.height)).raw().toBuffer();
    const cut = (at) => sharp(whole, { raw: { ...size, channels: 3 } }).extract({ left: 0, top: 8 * at, width, height });
    return Promise.all(Array.from({ length: count }, (_, at) => cut(at).jpeg({ quality: 92 }).toBuffer()));
}

test("two sets of 20 photos of 12 megapixels go through within the memory of two isolates", async () => {
    const set = await photos(20, 4032, 3024);
    const avatars = await Promise.all([both.avatar(token, set), both.avatar(token, set)]);
    const trainings = avatars.map((path) => `${path}/trainings/1`);
    for (const path of trainings) {
        assert.equal((await both.call("PUT", path, { token, body: {} })).status, 202);
    }
    for (const path of trainings) {
        const status = await both.until(token, path, ended, 240_000);
        assert.equal(status.status, "completed", JSON.stringify(status));
        assert.deepEqual(status.rejected_photos, []);
    }
    const { front, imager } = await both.memory();
    console.log(`front ${front.pages} pages, imager ${imager.pages} pages`);
    assert.ok(imager.bytes <= 112_000_000, `the imager takes ${imager.bytes}`);
    assert.ok(front.bytes < 24_000_000, `the front takes ${front.bytes}`);
});

test("a runtime that is killed again and again carries on, and buys once", async () => {
    const path = await both.avatar(token, await photos(10, 1200, 900));
    const training = `${path}/trainings/1`;
    assert.equal((await both.call("PUT", training, { token, body: {} })).status, 202);
    const seen = new Set();
    for (let kills = 0; kills < 8; kills++) {
        await new Promise((later) => setTimeout(later, 150 + 150 * kills));
        const { document } = await both.call("GET", training, { token });
        if (document.request_id) seen.add(document.request_id);
        await both.kill();
        await both.run();
    }
    const status = await both.until(token, training, ended, 240_000);
    if (status.request_id) seen.add(status.request_id);
    assert.ok(status.status === "completed" || status.code === "submission_unclear", JSON.stringify(status));
    assert.ok(seen.size <= 1, `it was bought as ${[...seen]}`);
});

test("a training that nobody asks about carries on by itself after a kill", async () => {
    const path = await both.avatar(token, await photos(10, 1600, 1200));
    assert.equal((await both.call("PUT", `${path}/trainings/1`, { token, body: {} })).status, 202);
    await both.kill();
    await both.run();
    const ours = ({ avatar_id: id, status }) => path.endsWith(id) && ended(status);
    const begun = Date.now();
    while (!told.some(ours)) {
        assert.ok(Date.now() - begun < 90_000, `nobody carries on\n${both.log}`);
        await new Promise((later) => setTimeout(later, 200));
    }
    const { status } = told.find(ours);
    assert.ok(status.status === "completed" || status.code === "submission_unclear", JSON.stringify(status));
    console.log(`it took ${((Date.now() - begun) / 1000).toFixed(1)} s`);
});
