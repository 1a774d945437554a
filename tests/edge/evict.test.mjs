// The platform takes an idle object out of memory, while the runtime and other objects live on. State that was only in
// memory is lost, and the alarm runs in a new instance. (tests/api kills objects in the middle of their work, after every
// step.)

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { createTestHarness } from "wrangler";
import { drawing } from "./pictures.mjs";

const root = new URL("../../", import.meta.url);
const ADMIN_TOKEN = "an admin token of more than 32 characters";
const vars = { AVATAR_TEST_MODE: "true", ADMIN_TOKEN, FAL_MOCK_TRAINING_DURATION: "3" };
const server = createTestHarness({
    workers: [
        { configPath: new URL("wrangler.toml", root), prebuiltWorkerDir: new URL("edge/front/test-mode", root), vars },
        { configPath: new URL("edge/imager/wrangler.toml", root) },
    ],
});

let token;
before(async () => {
    await server.listen();
    token = (await call("PUT", "/v1/tokens/web", {}, ADMIN_TOKEN)).token;
});
after(() => server.close());

async function call(method, path, body, who = token) {
    const headers = { authorization: `Bearer ${who}` };
    const init = { method, headers };
    if (body !== undefined) init.body = Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const response = await server.fetch(path, init);
    const document = await response.json();
    assert.ok(response.status < 400, `${method} ${path}: ${JSON.stringify(document)}`);
    return document;
}

test("an object that is evicted between its steps carries on, and buys once", async () => {
    const front = server.getWorker("likeness");
    const name = randomUUID();
    const path = `/v1/avatars/${name}`;
    const evict = () => front.evictDurableObject("AvatarObject", { name });
    const until = async (what, wanted) => {
        for (const end = Date.now() + 60_000; ; ) {
            const document = await call("GET", path + what);
            if (wanted(document)) return document;
            assert.ok(Date.now() < end, JSON.stringify(document));
            await new Promise((later) => setTimeout(later, 20));
        }
    };
    await call("PUT", path, { user_id: "u", name: "Anna", training_config: { min_photos: 4 } });
    await evict();
    for (const at of [1, 2, 3, 4]) {
        await call("PUT", `${path}/photos/p${at}`, await (await drawing(600 + at, 600)).jpeg().toBuffer());
        const { state } = await until(`/photos/p${at}`, ({ state }) => state !== "waiting");
        assert.equal(state, "ready");
        await evict();
    }
    await call("PUT", `${path}/trainings/1`, {});
    const bought = await until("/trainings/1", ({ request_id: id }) => id);
    // fal trains now, and only the alarm will look at the training again.
    await evict();
    await call("PUT", `${path}/trainings/1`, {});
    await evict();
    const status = await until("/trainings/1", ({ status }) => status !== "in_progress");
    assert.equal(status.status, "completed", JSON.stringify(status));
    assert.equal(status.request_id, bought.request_id);
    assert.deepEqual(status.rejected_photos, []);
    await evict();
    assert.deepEqual(await call("GET", `${path}/trainings/1`), status);
    await call("DELETE", path);
    await evict();
    const { avatars } = await call("GET", "/v1/users/u/avatars");
    assert.deepEqual(avatars, []);
});
