// The front that answers paying people carries no simulator. What was begun in test mode with the other one can still be
// looked at and erased there, and what needs the simulator is refused by a code of its own.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { Both } from "./both.mjs";
import { drawing } from "./pictures.mjs";

const MISSING = [503, "settings.simulator_missing"];
const settings = { training_config: { min_photos: 4 } };
const seen = ({ status, document }) => [status, document.code];

test("a front without the simulator shows and erases what test mode left, and refuses the rest", async () => {
    const both = await Both.start({ FAL_MOCK_TRAINING_DURATION: "1" });
    try {
        const token = await both.server();
        const call = (method, path, body) => both.call(method, path, { token, body });
        const photos = await Promise.all(
            [640, 650, 660, 670].map(async (side) => (await drawing(side, side)).jpeg().toBuffer()),
        );
        const [photo] = photos;
        const [done, kept] = [await both.avatar(token, photos), await both.avatar(token, photos)];
        for (const path of [done, kept]) {
            await call("PUT", `${path}/trainings/1`, settings);
            const ended = await both.until(token, `${path}/trainings/1`, ({ status }) => status !== "in_progress");
            assert.equal(ended.status, "completed", JSON.stringify(ended));
        }
        // So long that it is under way when the front is replaced.
        await both.restart({ FAL_MOCK_TRAINING_DURATION: "600" });
        const running = await both.avatar(token, photos);
        await call("PUT", `${running}/trainings/1`, settings);
        const before = await both.until(token, `${running}/trainings/1`, ({ request_id }) => request_id !== null);
        const { url } = (await call("POST", `${running}/photos/p9/address`, {})).document;

        await both.redeploy("build");
        const health = (await both.call("GET", "/health")).document;
        assert.deepEqual([health.able, health.test_mode], [false, true]);
        const during = await call("GET", `${running}/trainings/1`);
        assert.deepEqual([during.status, during.document.request_id], [200, before.request_id]);
        assert.equal((await call("GET", `${done}/trainings/1`)).document.status, "completed");
        for (const [method, path, body] of [
            ["PUT", `/v1/avatars/${randomUUID()}`, { user_id: "u", name: "Anna" }],
            ["PUT", `${running}/photos/p7`, photo],
            ["POST", `${running}/photos/p7/address`, {}],
            ["PUT", `${done}/trainings/2`, settings],
            ["PUT", `${done}/pictures/1`, { prompt: "at the sea" }],
            ["GET", `${done}/trainings/1/model`],
        ]) {
            assert.deepEqual(seen(await call(method, path, body)), MISSING, `${method} ${path}`);
        }
        const put = await fetch(url, { method: "PUT", body: photo });
        assert.deepEqual([put.status, (await put.json()).code], MISSING);
        const elsewhere = await fetch(url.replace(/[0-9a-f]{32}/, "0".repeat(32)), { method: "PUT", body: photo });
        assert.equal(elsewhere.status, 404);

        for (const path of [done, running]) {
            assert.equal((await call("DELETE", path)).status, 202);
            assert.equal((await call("GET", path)).status, 410);
        }
        // Files of the third lie in its object still.
        const files = async () => Object.values(await both.tables()).filter(({ blobs }) => blobs > 0).length;
        for (let attempt = 0; (await files()) > 1; attempt++) assert.ok(attempt < 20, both.log);

        await both.redeploy("test-mode");
        const model = await fetch(`${both.url}${kept}/trainings/1/model`, { headers: { authorization: `Bearer ${token}` } });
        assert.equal(model.status, 200);
        assert.ok((await model.arrayBuffer()).byteLength > 1000);
        for (const path of [done, running]) assert.equal((await call("GET", path)).status, 410);
    } finally {
        await both.stop();
    }
});
