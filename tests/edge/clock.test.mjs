// A Worker's only clock can be set back, so the time for which a call is held is counted in pauses.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { Both } from "./both.mjs";

let both;
before(async () => {
    both = await Both.start({}, { clock: true });
});
after(() => both?.stop());

const put = async (milliseconds) => {
    const { status } = await fetch(`${both.url}/clock`, { method: "POST", body: String(milliseconds) });
    assert.equal(status, 204);
};

test("a clock that goes back again and again holds no call", async () => {
    const token = await both.server();
    const path = `/v1/avatars/${randomUUID()}`;
    await both.call("PUT", path, { token, body: { user_id: "u", name: "Anna" } });
    const etag = (await both.call("GET", path, { token })).headers.get("etag");
    const begun = performance.now();
    let held = true;
    const headers = { "if-none-match": etag, prefer: "wait=3" };
    const call = both.call("GET", path, { token, headers }).finally(() => (held = false));
    // Time as the Worker sees it passes at a tenth of its real pace.
    for (let last = performance.now(); held; ) {
        await new Promise((later) => setTimeout(later, 100));
        await put(-Math.floor((performance.now() - last) * 0.9));
        last = performance.now();
    }
    const [{ status }, lasted] = [await call, performance.now() - begun];
    assert.equal(status, 304);
    assert.ok(lasted > 2000 && lasted < 15_000, `held for ${lasted} ms of 3000`);
});
