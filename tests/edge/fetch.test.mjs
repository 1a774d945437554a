// The imager copies files.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { imager, wait } from "./jobs.mjs";
import { etag, read, refuse } from "./objects.mjs";
import { drawing } from "./pictures.mjs";

const it = imager();
const fetch = ({ max_bytes = 50_000_000, kind = "any", length = null } = {}) => {
    const expected = { kind, length, sha256: null, max_bytes };
    const from = { url: it.objects.url("model"), expected, plain: ["127.0.0.1"] };
    return it.fetch({ from, target: it.put("copy"), file: "lora.safetensors" });
};
const network = (why) => ({ Err: { network: why } });
const noAnswer = network({ no_answer: "interrupted" });
const storage = (kind, refusal) =>
    ({ Err: { storage: { kind, place: "lora.safetensors", ...(refusal && { refusal }) } } });

/** Writes a model of one tensor with so many bytes. */
function safetensors(length) {
    const header = JSON.stringify({ a: { dtype: "U8", shape: [length], data_offsets: [0, length] } });
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([size, Buffer.from(header), randomBytes(length)]);
}

test("a file is copied, and said what it was", async () => {
    const bytes = randomBytes(30_000_000);
    it.objects.put("model", bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    assert.deepEqual(await fetch(), { Ok: { name: "lora.safetensors", length: bytes.length, sha256 } });
    assert.deepEqual(it.objects.get("copy"), bytes);
    assert.equal(it.objects.of("PUT", "copy")[0].headers["content-length"], String(bytes.length));
    const memory = await it.memory();
    assert.ok(memory.bytes < 4_000_000, `${memory.bytes} bytes`);
});

test("a file of unknown length is none", async () => {
    it.objects.rule("GET", "model", (_, response) => response.writeHead(200).end("a page"));
    assert.deepEqual(await fetch(), network({ unreadable: { status: 200 } }));
    assert.equal(it.objects.get("copy"), undefined);
});

const notWhole = ({ Err: error }) => assert.ok(error?.network?.not_whole, JSON.stringify(error));

test("a file that is too large, or empty, is not copied", async () => {
    it.objects.put("model", randomBytes(1001));
    notWhole(await fetch({ max_bytes: 1000 }));
    it.objects.put("model", "");
    notWhole(await fetch());
    assert.deepEqual(it.objects.of("PUT", "copy"), []);
});

for (const status of [403, 404, 410, 500]) {
    test(`a file that is answered by ${status} is not there`, async () => {
        it.objects.rule("GET", "model", (_, response) => refuse(response, status, "Other"));
        assert.deepEqual(await fetch(), network({ unreadable: { status } }));
        assert.deepEqual(it.objects.of("PUT", "copy"), []);
    });
}

const leads = (key, location, status = 302) =>
    it.objects.rule("GET", key, (_, response) => response.writeHead(status, { Location: location }).end());

for (const status of [301, 302, 303, 307, 308]) {
    test(`a file's address may lead on by ${status}`, async () => {
        const bytes = randomBytes(100_000);
        it.objects.put("elsewhere", bytes);
        leads("model", "/elsewhere", status);
        assert.equal((await fetch()).Ok?.length, bytes.length);
        assert.deepEqual(it.objects.get("copy"), bytes);
        assert.equal(it.objects.of("GET", "elsewhere")[0].headers.authorization, undefined);
    });
}

test("a file's address leads on three times, and not to just anywhere", async () => {
    it.objects.put("4", "a file");
    for (const [from, to] of [["model", "/1"], ["1", "/2"], ["2", "/4"]]) leads(from, to);
    assert.equal((await fetch()).Ok?.length, 6);
    leads("2", "/3");
    leads("3", "/4");
    const redirected = ({ Err: error }) => assert.ok(error?.network?.redirected, JSON.stringify(error));
    redirected(await fetch());
    for (const elsewhere of [`http://localhost:${it.objects.port}/4`, `http://user@127.0.0.1:${it.objects.port}/4`]) {
        leads("model", elsewhere);
        redirected(await fetch());
    }
    assert.equal(it.objects.of("GET", "4").length, 1);
});

/** Breaks the first answers off, each after so many more bytes of the file. */
function breaks(key, ...after) {
    it.objects.rule("GET", key, async (request, response) => {
        const bytes = it.objects.get(key);
        const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
        const length = after.shift();
        if (length === undefined) return false;
        const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
        const headers = { ETag: etag(bytes), "Content-Length": bytes.length - start, ...(start && { "Content-Range": range }) };
        response.writeHead(start ? 206 : 200, headers).write(bytes.subarray(start, start + length));
        await wait(100);
        response.destroy();
    });
}

test("a file that breaks off goes on where it was, into the same object", async () => {
    const bytes = randomBytes(3_000_000);
    it.objects.put("model", bytes);
    breaks("model", 1_000_000, 1_000_000);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    assert.deepEqual(await fetch(), { Ok: { name: "lora.safetensors", length: bytes.length, sha256 } });
    assert.deepEqual(it.objects.get("copy"), bytes);
    assert.equal(it.objects.of("PUT", "copy").length, 1);
    const asked = it.objects.of("GET", "model").map(({ headers }) => headers.range);
    assert.equal(asked[0], undefined);
    assert.ok(asked.length === 3 && asked.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range)), `${asked}`);
});

test("another file that is there meanwhile is fetched from its beginning", async () => {
    const other = randomBytes(2_000_000);
    it.objects.put("model", randomBytes(3_000_000));
    let tries = 0;
    it.objects.rule("GET", "model", async (_, response) => {
        if (tries++ > 0) {
            const headers = { ETag: '"other"', "Content-Length": other.length };
            return response.writeHead(200, headers).end(other);
        }
        response.writeHead(200, { ETag: '"first"', "Content-Length": 3_000_000 }).write(randomBytes(1_000_000));
        await wait(100);
        response.destroy();
    });
    assert.equal((await fetch()).Ok?.length, other.length);
    assert.deepEqual(it.objects.get("copy"), other);
    assert.deepEqual(it.objects.of("PUT", "copy").map(({ whole }) => whole), [false, true]);
});

test("a file that breaks off is no file", async () => {
    it.objects.rule("GET", "model", async (_, response) => {
        response.writeHead(200, { "Content-Length": 3_000_000 }).write(randomBytes(1_500_000));
        await wait(100);
        response.destroy();
    });
    assert.deepEqual(await fetch(), noAnswer);
    await wait(100);
    assert.equal(it.objects.get("copy"), undefined);
    assert.ok(it.objects.of("PUT", "copy").every((request) => !request.whole));
});

test("what is not the file that was promised is not written whole", async () => {
    const page = "<html>Just a moment...</html>";
    const picture = await (await drawing(900, 600)).jpeg().toBuffer();
    const model = safetensors(300_000);
    it.objects.put("model", model);
    assert.equal((await fetch({ kind: "model" })).Ok?.length, model.length);
    it.objects.put("model", picture);
    assert.equal((await fetch({ kind: "picture" })).Ok?.length, picture.length);
    for (const [bytes, job] of [
        [page, { kind: "model" }],
        [page, { kind: "picture" }],
        ['{"detail":"no"}', { kind: "model" }],
        [model.subarray(0, -1), { kind: "model" }],
        [Buffer.concat([model, Buffer.alloc(1)]), { kind: "model" }],
        [picture.subarray(0, picture.length / 2), { kind: "picture" }],
        [randomBytes(999), { length: 1000 }],
        [randomBytes(300_001), { length: 300_000 }],
    ]) {
        it.objects.reset();
        it.objects.put("model", bytes);
        const { Err: error } = await fetch(job);
        assert.ok(error?.network?.not_whole, JSON.stringify(error));
        await wait(100);
        assert.equal(it.objects.get("copy"), undefined);
    }
});

test("a target that refuses is an error of storage", async () => {
    it.objects.put("model", randomBytes(100_000));
    it.objects.rule("PUT", "copy", async (request, response, seen) => {
        await read(request, seen);
        refuse(response, 403, "AccessDenied");
    });
    assert.deepEqual(await fetch(), storage("denied", { status: 403, code: "AccessDenied" }));
});

test("a target that breaks off is unreachable", async () => {
    it.objects.put("model", randomBytes(5_000_000));
    it.objects.rule("PUT", "copy", (request) => {
        request.once("data", () => request.socket.destroy());
    });
    assert.deepEqual(await fetch(), storage("unreachable"));
});
