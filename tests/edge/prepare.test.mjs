// The imager prepares photos.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { LIMITS, imager, wait } from "./jobs.mjs";
import { etag, read, refuse } from "./objects.mjs";
import { difference, drawing, noisePhoto, phonePhoto, turned } from "./pictures.mjs";

const it = imager();
const failed = (kind, place = "s3://bucket/original.jpg", refusal) => ({ Err: { storage: { kind, place, ...(refusal && { refusal }) } } });
const written = () => it.objects.get("clean.jpg");

test("a phone's photo comes out upright and without metadata", async () => {
    const photo = await phonePhoto(1600, 1200);
    it.objects.put("original.jpg", photo);
    const { Ok: prepared } = await it.prepare();
    const clean = written();
    assert.deepEqual(prepared, {
        file: "s3://bucket/clean.jpg",
        etag: etag(clean),
        length: clean.length,
        crc32: crc32(clean),
        sha256: createHash("sha256").update(clean).digest("hex"),
        width: 1200,
        height: 1600,
        way: "requantised",
        changes: prepared.changes,
        original: createHash("sha256").update(photo).digest("hex"),
        report: prepared.report,
    });
    assert.ok(prepared.report.light > 0 && !("faces" in prepared.report), "faces are looked for when that is asked for");
    assert.ok(prepared.changes.includes("turned_upright") && prepared.changes.includes("removed_location"));
    const { format, width, height, exif, icc } = await sharp(clean).metadata();
    assert.deepEqual({ format, width, height, exif, icc }, { format: "jpeg", width: 1200, height: 1600, exif: undefined, icc: undefined });
    assert.ok((await difference(photo, clean)) < 2);
    const [request] = it.objects.of("PUT", "clean.jpg");
    assert.equal(request.headers["content-length"], String(clean.length));
    assert.equal(request.headers["content-type"], "image/jpeg");
    assert.match(request.headers["user-agent"], /^likeness\//);
    assert.equal(it.objects.requests.length, 2);
});

for (const format of ["png", "webp"]) {
    test(`a ${format} becomes a JPEG`, async () => {
        const photo = await (await drawing(900, 700)).toFormat(format).toBuffer();
        it.objects.put("original.jpg", photo);
        const sha256 = createHash("sha256").update(photo).digest("hex");
        const { Ok: prepared } = await it.prepare({ sha256 });
        assert.equal(prepared.original, sha256);
        assert.ok((await difference(photo, written())) < 2);
    });
}

test("what is no photo is told", async () => {
    it.objects.put("original.jpg", "<!DOCTYPE html><title>Not found</title>");
    const { Err: error } = await it.prepare();
    assert.deepEqual(error, { photo: { problem: "unsupported_format", found: "html" } });
    assert.equal(written(), undefined);
});

test("a photo that is too large is not read", async () => {
    it.objects.rule("GET", "original.jpg", (_, response) => {
        response.writeHead(200, { "Content-Length": 32_000_001 }).write(Buffer.alloc(1000));
    });
    const { Err: error } = await it.prepare();
    assert.deepEqual(error, { photo: { problem: "too_many_bytes", bytes: 32_000_001, max: 32_000_000 } });
});

test("more bytes than the limit are not read where no length is announced", async () => {
    const photo = await phonePhoto(1600, 1200);
    let ended = false;
    it.objects.rule("GET", "original.jpg", async (_, response) => {
        response.on("close", () => (ended = true));
        response.writeHead(200).write(photo);
        while (!ended) {
            response.write(Buffer.alloc(100_000));
            await wait(1);
        }
    });
    const { Err: error } = await it.prepare({ limits: { ...LIMITS, max_bytes: 2_000_000 } });
    assert.deepEqual(error, { photo: { problem: "too_many_bytes", bytes: 2_000_001, max: 2_000_000 } });
    await wait(200);
    assert.ok(ended, "the imager let go of the photo");
});

test("headers are held against the limits before the rest is read", async () => {
    const photo = await phonePhoto(1600, 1200);
    it.objects.rule("GET", "original.jpg", (_, response) => {
        // The rest never comes.
        response.writeHead(200, { "Content-Length": photo.length }).write(photo.subarray(0, 100_000));
    });
    const { Err: error } = await it.prepare({ limits: { ...LIMITS, max_pixels: 1_000_000 } });
    assert.equal(error.photo.problem, "too_many_pixels");
});

test("the imager has a limit of its own for memory", async () => {
    // The decoder of PNG makes no smaller picture, so the photo must fit whole.
    const flat = { create: { width: 6000, height: 5000, channels: 3, background: "#808080" } };
    it.objects.put("original.jpg", await sharp(flat).png().toBuffer());
    const { Err: error } = await it.prepare();
    assert.equal(error.photo.problem, "too_much_memory");
    assert.ok(error.photo.max < 112_000_000);
});

for (const [status, code, kind] of [
    [404, "NoSuchKey", "missing"],
    [404, "NoSuchBucket", "no_bucket"],
    [403, "SignatureDoesNotMatch", "denied"],
    [500, "InternalError", "unreachable"],
    [301, "PermanentRedirect", "region"],
]) {
    test(`a photo that is answered by ${status} ${code} is ${kind}`, async () => {
        it.objects.put("elsewhere.jpg", await phonePhoto(800, 600));
        it.objects.rule("GET", "original.jpg", (_, response) => {
            response.setHeader("Location", it.objects.url("elsewhere.jpg"));
            refuse(response, status, code);
        });
        assert.deepEqual(await it.prepare(), failed(kind, undefined, { status, code }));
        assert.deepEqual(it.objects.of("GET", "elsewhere.jpg"), [], "redirects are not followed");
    });
}

test("a photo that breaks off is unreachable", async () => {
    const photo = await phonePhoto(1600, 1200);
    it.objects.rule("GET", "original.jpg", async (_, response) => {
        response.writeHead(200, { "Content-Length": photo.length }).write(photo.subarray(0, 150_000));
        await wait(50);
        response.destroy();
    });
    assert.deepEqual(await it.prepare(), failed("unreachable"));
});

test("a kept connection that the server closed meanwhile is no failure", async () => {
    const photo = await phonePhoto(3000, 2000);
    it.objects.put("original.jpg", photo);
    it.objects.server.keepAliveTimeout = 1;
    const prepared = await it.prepare();
    it.objects.server.keepAliveTimeout = 5000;
    assert.equal(prepared.Ok?.width, 2000);
});

for (const [status, code, kind] of [
    [403, "AccessDenied", "denied"],
    [507, "XMinioStorageFull", "full"],
    [503, "SlowDown", "unreachable"],
]) {
    test(`a clean photo that is refused with ${status} is ${kind}`, async () => {
        it.objects.put("original.jpg", await phonePhoto(800, 600));
        it.objects.rule("PUT", "clean.jpg", async (request, response, seen) => {
            await read(request, seen);
            refuse(response, status, code);
        });
        assert.deepEqual(await it.prepare(), failed(kind, "s3://bucket/clean.jpg", { status, code }));
    });
}

test("a clean photo that is cut off is unreachable", async () => {
    it.objects.put("original.jpg", await phonePhoto(800, 600));
    it.objects.rule("PUT", "clean.jpg", (request) => request.socket.destroy());
    assert.deepEqual(await it.prepare(), failed("unreachable", "s3://bucket/clean.jpg"));
});

test("a photo that is not the one that was read before has changed", async () => {
    it.objects.put("original.jpg", await phonePhoto(800, 600));
    assert.deepEqual(await it.prepare({ sha256: "00".repeat(32) }), failed("changed"));
    assert.equal(written(), undefined);
});

test("what is no job is refused", async () => {
    for (const job of [{}, { job: "prepare" }, { job: "sing" }, []]) {
        assert.equal((await it.post(job)).status, 400, JSON.stringify(job));
    }
    assert.equal((await it.worker.fetch("/jobs")).status, 404);
    assert.equal((await it.worker.fetch("/elsewhere", { method: "POST" })).status, 404);
    assert.equal((await it.post({ padding: "x".repeat(5 << 20) })).status, 413);
});

test("a photo is kept or turned without loss where that is asked for", async () => {
    const photo = await noisePhoto(1600, 1200);
    for (const [orientation, way] of [[1, "kept"], [6, "turned"]]) {
        it.objects.put("original.jpg", turned(photo, orientation));
        const { Ok: prepared } = await it.prepare({ reencode: "when_needed" });
        assert.equal(prepared.way, way);
        assert.ok((await difference(turned(photo, orientation), written())) < 0.1);
    }
});

/** The most memory in bytes that a baseline JPEG takes beside the file itself. */
const MOST = 48 * 2 ** 20;

test("48 megapixels come out whole, upright or turned", async (t) => {
    const photo = await noisePhoto(8160, 6144);
    for (const [orientation, width] of [[1, 8160], [6, 6144]]) {
        it.objects.put("original.jpg", turned(photo, orientation));
        const { Ok: prepared, Err: error } = await it.prepare();
        const { bytes } = await it.memory();
        t.diagnostic(`${photo.length} bytes, orientation ${orientation}: ${bytes} bytes of memory`);
        assert.deepEqual([prepared?.way, prepared?.width], ["requantised", width], JSON.stringify(error));
        assert.ok(bytes - photo.length <= MOST, `${bytes} bytes`);
    }
});
