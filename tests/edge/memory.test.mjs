// The imager has memory for one photo, however many are asked for at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { imager, startable, wait } from "./jobs.mjs";
import { drawing, heicGrid, noisePhoto, phonePhoto, turned } from "./pictures.mjs";

const it = imager();

/** Bytes of linear memory, of the 128 MB that an isolate has. The tests' runtime enforces no limit, so they count pages. */
const MOST = 112_000_000;

const job = (original, clean) => it.prepareJob({
    photo: it.get(original),
    target: it.put(clean, { "content-type": "image/jpeg" }),
});

/** Posts a job until there is room for it, and returns the number of refusals. */
async function untilDone(job) {
    for (let refusals = 0; ; refusals++) {
        const { status, headers, report } = await it.post(job);
        if (status === 200) return { report, refusals };
        assert.equal(status, 503, report);
        assert.ok(Number(headers.get("retry-after")) > 0);
        await wait(1000 * Number(headers.get("retry-after")));
    }
}

test("two sets of twenty photos at once", async (t) => {
    const kinds = [
        { orientation: 6 },
        { orientation: 8, chroma: "4:4:4" },
        { orientation: 1 },
        { orientation: 3 },
    ];
    const photos = await Promise.all(kinds.map((kind) => phonePhoto(4032, 3024, kind)));
    // What iPhones and others make by default or when asked.
    photos.push(turned(await noisePhoto(5712, 4284), 6), turned(await noisePhoto(8064, 6048), 8));
    photos.forEach((photo, at) => it.objects.put(`${at}.jpg`, photo));
    const started = Date.now();
    const all = await Promise.all(
        Array.from({ length: 40 }, (_, at) => untilDone(job(`${at % photos.length}.jpg`, `clean-${at}.jpg`))),
    );
    all.forEach(({ report }, at) => {
        assert.equal(report.prepared.Ok?.way, "requantised", JSON.stringify(report));
        assert.equal(it.objects.get(`clean-${at}.jpg`).length, report.prepared.Ok.length);
    });
    const refusals = all.reduce((sum, { refusals }) => sum + refusals, 0);
    const { pages, bytes } = await it.memory();
    t.diagnostic(`${pages} pages, ${Date.now() - started} ms, ${refusals} times no room`);
    assert.ok(bytes <= 100_000_000, `${bytes} bytes`);
});

test("sizes that grow, and other formats in between, find room in one instance", async (t) => {
    const webp = async (width, height) => (await drawing(width, height)).webp({ quality: 85 }).toBuffer();
    const photos = [
        [await phonePhoto(4032, 3024), 3024],
        [await webp(4032, 3024), 4032],
        [await phonePhoto(5184, 3888), 3888],
        [await phonePhoto(5712, 4284), 4284],
        // Of 24 megapixels in several scans all coefficients are held.
        [await phonePhoto(5712, 4284, { progressive: true }), 1071],
        [await phonePhoto(4032, 3024, { progressive: true }), 3024],
        [await webp(4608, 3456), 4608],
        [await phonePhoto(4608, 3456, { orientation: 1, chroma: "4:4:4" }), 4608],
    ];
    // Growing sizes first, then a mixture.
    for (const [turn, at] of [0, 1, 2, 3, 4, 5, 6, 7, 0, 7, 2, 1, 5, 3, 4, 6, 2].entries()) {
        const [photo, width] = photos[at];
        it.objects.put("original.jpg", photo);
        const { Ok: prepared, Err: error } = await it.prepare();
        const { bytes } = await it.memory();
        t.diagnostic(`${turn}: ${prepared?.width} x ${prepared?.height}, ${bytes} bytes`);
        assert.equal(prepared?.width, width, JSON.stringify(error));
        assert.equal(prepared.way === "scaled", width < 3000, JSON.stringify(prepared));
        assert.ok(bytes <= MOST, `${bytes} bytes`);
    }
});

test("a grid of any size takes at most 45 MiB beside its file in a fresh instance, and what is too much is made smaller", async (t) => {
    for (const [width, height, quarters, expected] of [
        [4032, 3024, 0, [4032, 3024]],
        [4032, 3024, 3, [3024, 4032]],
        [8064, 6048, 1, [3024, 4032]],
    ]) {
        const fresh = startable();
        await fresh.start();
        try {
            const photo = heicGrid(width, height, { quarters });
            fresh.objects.put("original.jpg", photo);
            const { Ok: prepared, Err: error } = await fresh.prepare();
            assert.deepEqual([prepared?.width, prepared?.height], expected, JSON.stringify(error));
            assert.equal(prepared.changes.includes("scaled_to_half"), width > 8000, JSON.stringify(prepared));
            const { bytes } = await fresh.memory();
            t.diagnostic(`${width} x ${height}: ${photo.length} bytes in the file, ${bytes} of memory`);
            assert.ok(bytes <= (45 << 20) + photo.length, `${bytes} bytes`);
        } finally {
            await fresh.stop();
        }
    }
});

test("whoever waits too long is sent away, and comes again", async () => {
    it.objects.put("original.jpg", await phonePhoto(1600, 1200));
    let answer;
    // The request that holds the slot waits for a photo that does not come.
    it.objects.rule("GET", "slow.jpg", () => new Promise((done) => (answer = () => done(false))));
    it.objects.put("slow.jpg", it.objects.get("original.jpg"));
    const slow = it.post(job("slow.jpg", "slow-clean.jpg"));
    while (!answer) await wait(10);
    const { status, headers } = await it.post(job("original.jpg", "clean.jpg"));
    assert.equal(status, 503);
    assert.ok(Number(headers.get("retry-after")) > 0);
    const again = it.post(job("original.jpg", "clean.jpg"));
    answer();
    assert.ok((await slow).report.prepared.Ok);
    assert.ok((await again).report.prepared.Ok);
});

test("whoever goes away leaves room for others", async () => {
    it.objects.put("original.jpg", await phonePhoto(1600, 1200));
    let left;
    const gone = new Promise((done) => (left = done));
    it.objects.rule("GET", "slow.jpg", (_, response) => {
        response.on("close", left);
        response.writeHead(200, { "Content-Length": 1_000_000 }).write(Buffer.alloc(10));
    });
    const slow = await it.post(job("slow.jpg", "slow-clean.jpg"), { headers: { "x-leave-after": "500" } });
    assert.equal(slow.status, 500);
    await gone;
    const { report } = await untilDone(job("original.jpg", "clean.jpg"));
    assert.ok(report.prepared.Ok);
});
