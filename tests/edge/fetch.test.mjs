// The imager copies files.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { imager, wait } from "./jobs.mjs";
import { read, refuse } from "./objects.mjs";

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

test("a file that is too large, or empty, is not copied", async () => {
    it.objects.put("model", randomBytes(1001));
    assert.deepEqual(await fetch({ max_bytes: 1000 }), noAnswer);
    it.objects.put("model", "");
    assert.deepEqual(await fetch(), noAnswer);
    assert.deepEqual(it.objects.of("PUT", "copy"), []);
});

for (const status of [302, 403, 404, 410, 500]) {
    test(`a file that is answered by ${status} is not there`, async () => {
        it.objects.put("elsewhere", "a page");
        it.objects.rule("GET", "model", (_, response) => {
            response.setHeader("Location", it.objects.url("elsewhere"));
            refuse(response, status, "Other");
        });
        assert.deepEqual(await fetch(), network({ unreadable: { status } }));
        assert.deepEqual(it.objects.of("GET", "elsewhere"), []);
    });
}

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
    for (const [bytes, job] of [[page, { kind: "model" }], [page, { kind: "picture" }], [randomBytes(999), { length: 1000 }]]) {
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
