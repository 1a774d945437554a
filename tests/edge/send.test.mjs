// The imager sends pieces as one body.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { archive, unpacks } from "./archive.mjs";
import { imager, wait } from "./jobs.mjs";
import { etag, read, refuse } from "./objects.mjs";

const it = imager();
const failed = (kind, place = "s3://bucket/2.jpg", refusal) => ({ Err: { source: { kind, place, ...(refusal && { refusal }) } } });
const noAnswer = (why) => ({ Err: { no_answer: why } });

/** Puts three photos into the store, and makes the job that sends them; `change` alters the second one's description. */
function set(change = {}, size = 300_000) {
    const photos = ["1.jpg", "2.jpg", "3.jpg"].map((name) => {
        const bytes = randomBytes(size);
        const version = it.objects.put(name, bytes);
        return { name, bytes, from: it.get(name, { "if-match": version }) };
    });
    Object.assign(photos[1], change);
    return { ...archive(photos), to: it.put("set.zip", { "content-type": "application/zip" }) };
}

/** Returns what the target received, which must not be the whole archive. */
function brokenOff(job) {
    const [request] = it.objects.of("PUT", "set.zip");
    assert.ok(request === undefined || (!request.whole && request.body.length < job.length));
    assert.equal(it.objects.get("set.zip"), undefined);
}

test("an archive arrives as one body of known length", async () => {
    const job = set();
    const { Ok: answer } = await it.send(job);
    assert.equal(answer.status, 200);
    const sent = it.objects.get("set.zip");
    assert.equal(answer.headers.etag, etag(sent));
    const [request] = it.objects.of("PUT", "set.zip");
    assert.equal(request.headers["content-length"], String(job.length));
    assert.equal(request.headers["transfer-encoding"], undefined);
    assert.equal(request.headers["content-type"], "application/zip");
    assert.ok(unpacks(sent));
    sent[sent.length >> 1] ^= 1;
    assert.ok(!unpacks(sent), "the test would notice");
});

test("only one source is open at a time", async () => {
    let open = 0;
    let most = 0;
    const job = set();
    for (const name of ["1.jpg", "2.jpg", "3.jpg"]) {
        it.objects.rule("GET", name, (_, response) => {
            most = Math.max(most, ++open);
            response.on("close", () => open--);
            return false;
        });
    }
    assert.equal((await it.send(job)).Ok.status, 200);
    assert.equal(most, 1);
});

test("parts of objects make up the whole", async () => {
    const bytes = randomBytes(500_000);
    it.objects.put("model", bytes);
    const part = async (start, end) => {
        const from = it.get("model", { range: `bytes=${start}-${end - 1}` });
        const object = { from, length: end - start, crc32: null, place: "s3://bucket/model" };
        await it.send({ pieces: [{ object }], length: end - start, to: it.put(`part-${start}`) });
        return it.objects.get(`part-${start}`);
    };
    assert.deepEqual(Buffer.concat([await part(0, 200_000), await part(200_000, 500_000)]), bytes);
});

test("a source that breaks off breaks the body off", async () => {
    const job = set();
    it.objects.rule("GET", "2.jpg", async (_, response) => {
        response.writeHead(200, { "Content-Length": 300_000 }).write(Buffer.alloc(150_000));
        await wait(100);
        response.destroy();
    });
    assert.deepEqual(await it.send(job), failed("unreachable"));
    await wait(100);
    brokenOff(job);
});

test("an object that was overwritten is not sent", async () => {
    const job = set();
    it.objects.put("2.jpg", randomBytes(300_000));
    assert.deepEqual(await it.send(job), failed("changed", undefined, { status: 412, code: "PreconditionFailed" }));
    await wait(100);
    brokenOff(job);
});

test("a server that ignores If-Match does not get another version through", async () => {
    const job = set({ crc32: null });
    it.objects.rule("GET", "2.jpg", (_, response) => {
        response.writeHead(200, { "Content-Length": 300_000, ETag: '"another"' }).end(Buffer.alloc(300_000));
    });
    assert.deepEqual(await it.send(job), failed("changed"));
});

test("a server that ignores Range does not get the whole through", async () => {
    const bytes = randomBytes(1000);
    it.objects.rule("GET", "model", (_, response) => response.writeHead(200).end(bytes));
    const object = { from: it.get("model", { range: "bytes=0-999" }), length: 1000, crc32: null, place: "s3://bucket/model" };
    const sent = await it.send({ pieces: [{ object }], length: 1000, to: it.put("part") });
    assert.deepEqual(sent, failed("changed", "s3://bucket/model"));
});

test("a wrong sum is noticed before the last byte leaves", async () => {
    for (const size of [300_000, 10]) {
        it.objects.reset();
        const job = set({ crc32: 1 }, size);
        assert.deepEqual(await it.send(job), failed("changed"));
        await wait(100);
        brokenOff(job);
    }
});

test("a wrong sum of the last piece is noticed as well", async () => {
    const bytes = randomBytes(200_000);
    it.objects.put("2.jpg", bytes);
    const object = { from: it.get("2.jpg"), length: bytes.length, crc32: 1, place: "s3://bucket/2.jpg" };
    const job = { pieces: [{ object }], length: bytes.length, to: it.put("set.zip") };
    assert.deepEqual(await it.send(job), failed("changed"));
    await wait(100);
    brokenOff(job);
});

test("an object of another length is not sent", async () => {
    const job = set();
    const other = randomBytes(299_999);
    delete job.pieces[3].object.crc32;
    it.objects.rule("GET", "2.jpg", (_, response) => response.writeHead(200, { "Content-Length": other.length }).end(other));
    assert.deepEqual(await it.send(job), failed("changed"));
    for (const length of [299_999, 300_001]) {
        it.objects.rule("GET", "2.jpg", (_, response) => response.writeHead(200).end(randomBytes(length)));
        assert.deepEqual(await it.send(job), failed("changed"));
    }
});

for (const [status, kind] of [[404, "missing"], [403, "denied"], [503, "unreachable"]]) {
    test(`a source that answers ${status} is ${kind}`, async () => {
        const job = set();
        it.objects.rule("GET", "2.jpg", (_, response) => refuse(response, status, "Other"));
        assert.deepEqual(await it.send(job), failed(kind, undefined, { status, code: "Other" }));
    });
}

test("pieces that are not as long as the whole are not sent", async () => {
    const job = set();
    assert.deepEqual(await it.send({ ...job, length: job.length - 1 }), noAnswer("not_connected"));
    assert.deepEqual(it.objects.requests, []);
});

test("a target that closes early is an interruption", async () => {
    const job = set({}, 2_000_000);
    it.objects.rule("PUT", "set.zip", (request) => {
        request.once("data", () => request.socket.destroy());
    });
    assert.deepEqual(await it.send(job), noAnswer("interrupted"));
});

test("a target that closes after the last byte is an interruption", async () => {
    const job = set();
    it.objects.rule("PUT", "set.zip", async (request, _, seen) => {
        await read(request, seen);
        request.socket.destroy();
    });
    assert.deepEqual(await it.send(job), noAnswer("interrupted"));
});

test("where nobody listens, there is no answer", async () => {
    const job = set();
    job.to.url = "http://127.0.0.1:9/set.zip";
    // The runtime does not tell this from a connection that broke.
    assert.deepEqual(await it.send(job), noAnswer("interrupted"));
});

test("a refusal comes back as it is", async () => {
    const job = set();
    it.objects.rule("PUT", "set.zip", async (request, response, seen) => {
        await read(request, seen);
        refuse(response, 403, "AccessDenied");
    });
    const { Ok: answer } = await it.send(job);
    assert.equal(answer.status, 403);
    assert.equal(answer.body, "<Error><Code>AccessDenied</Code></Error>");
    assert.equal(answer.headers["content-type"], "application/xml");
});

test("a redirect comes back as it is", async () => {
    const job = set();
    it.objects.rule("PUT", "set.zip", async (request, response, seen) => {
        await read(request, seen);
        response.writeHead(307, { Location: it.objects.url("elsewhere") }).end();
    });
    assert.equal((await it.send(job)).Ok.status, 307);
    assert.deepEqual(it.objects.of("PUT", "elsewhere"), []);
});

test("an early refusal counts, an early success does not", async () => {
    const job = set({}, 4_000_000);
    it.objects.rule("PUT", "set.zip", (_, response) => refuse(response, 403, "AccessDenied"));
    assert.equal((await it.send(job)).Ok?.status, 403);
    it.objects.rule("PUT", "set.zip", (_, response) => response.writeHead(200).end());
    assert.deepEqual(await it.send(job), noAnswer("interrupted"));
});

test("two are sent at once, in little memory", async () => {
    const jobs = [set({}, 8_000_000), set({}, 8_000_000)];
    // The second set's photos have replaced the first's, so both jobs send those.
    const [one, two] = await Promise.all(jobs.map((_, at) => it.send({ ...jobs[1], to: it.put(`${at}.zip`) })));
    assert.deepEqual([one.Ok.status, two.Ok.status], [200, 200]);
    assert.ok(unpacks(it.objects.get("0.zip")) && unpacks(it.objects.get("1.zip")));
    const { bytes } = await it.memory();
    assert.ok(bytes < 4_000_000, `${bytes} bytes`);
});
