// Unknown callers hold up no others: an answer about a token is remembered for a moment, and an address that was refused
// too often is refused without a question to the budget.

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { ADMIN, Both } from "./both.mjs";

let both;
before(async () => {
    both = await Both.start({}, { twice: true });
});
after(() => both?.stop());

const made = (kind) => `lk${kind}_${randomBytes(32).toString("hex")}`;
const list = "/v1/users/u/avatars";

/** Counts the questions to the budget. */
async function asked(what) {
    const messages = await (await fetch(`${both.url}/messages`)).json();
    return messages.filter(({ to, url }) => to === "BudgetObject" && url.endsWith(what)).length;
}

/** Makes a call from this address, as Cloudflare names it, and returns the status. */
async function status(method, path, { from, ...rest }) {
    return (await both.call(method, path, { headers: from && { "cf-connecting-ip": from }, ...rest })).status;
}

test("the budget is asked once about a token or an invite, whether there is one or not", async () => {
    const token = await both.server();
    for (let call = 0; call < 5; call++) assert.equal(await status("GET", list, { token }), 200);
    assert.equal(await asked("/who"), 1);
    const [stranger, invite] = [made("s"), made("i")];
    for (let call = 0; call < 5; call++) assert.equal(await status("GET", list, { token: stranger }), 401);
    assert.equal(await asked("/who"), 2);
    const before = await asked("/call");
    for (let call = 0; call < 5; call++) {
        const body = { invite, avatar_id: randomUUID(), name: "A" };
        const { status, document } = await both.call("POST", "/v1/redeem", { body });
        assert.deepEqual([status, document.code], [403, "budget.invite_unknown"]);
    }
    assert.equal(await asked("/call"), before + 1);
    // The isolate that revokes a token forgets its remembered answer at once.
    assert.equal(await status("DELETE", "/v1/tokens/web", { token: ADMIN }), 204);
    assert.equal(await status("GET", list, { token }), 401);
    assert.equal(await asked("/who"), 3);
});

test("one address is refused sixty times a minute, and then not asked about", async () => {
    const token = await both.server();
    const from = "192.0.2.1";
    assert.equal(await status("GET", list, { token, from }), 200);
    const ways = [
        () => status("GET", list, { token: made("s"), from }),
        () => status("GET", `/v1/avatars/${randomUUID()}`, { token: made("c"), from }),
        () => status("GET", "/v1/tokens", { from }),
        () => status("POST", "/v1/redeem", { body: { invite: made("i"), avatar_id: randomUUID(), name: "A" }, from }),
    ];
    const statuses = [];
    for (let call = 0; call < 60; call++) statuses.push(await ways[call % ways.length]());
    assert.deepEqual([...new Set(statuses)].sort(), [401, 403]);
    const before = await asked("/who");
    for (const way of ways) assert.equal(await way(), 429);
    const { headers, document } = await both.call("GET", list, { token: made("s"), headers: { "cf-connecting-ip": from } });
    assert.equal(document.code, "api.rate_limited");
    const wait = Number(headers.get("retry-after"));
    assert.ok(wait >= 1 && wait <= 60, `${wait}`);
    assert.equal(await asked("/who"), before);
    // A known token still works from that address, and other addresses are not affected.
    assert.equal(await status("GET", list, { token, from }), 200);
    assert.equal(await status("GET", "/health", { from }), 200);
    assert.equal(await status("GET", list, { token: made("s"), from: "192.0.2.2" }), 401);
});
