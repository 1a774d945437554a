// Anybody may ask about any avatar, and fal.ai signs messages to any address for any account. Nothing is stored about an
// avatar that was not created here: no object has a table, and so no row.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes, randomUUID, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { ADMIN, Both } from "./both.mjs";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const { x } = publicKey.export({ format: "jwk" });
const fal = createServer((_, response) => response.end(JSON.stringify({ keys: [{ kty: "OKP", crv: "Ed25519", x }] })));

let both;
before(async () => {
    fal.listen(0, "127.0.0.1");
    await once(fal, "listening");
    both = await Both.start({ FAL_BASE_URL: `http://127.0.0.1:${fal.address().port}` });
});
after(async () => {
    await both?.stop();
    fal.close();
});

const made = (kind) => `lk${kind}_${randomBytes(32).toString("hex")}`;

/** Makes the message that fal.ai sends to an address that some account named, signed as all of its messages are. */
async function webhook(avatar, key) {
    const [id, at] = [randomUUID(), String(Math.floor(Date.now() / 1000))];
    const body = Buffer.from(JSON.stringify({ request_id: id, status: "OK", payload: {} }));
    const sum = createHash("sha256").update(body).digest("hex");
    const headers = {
        "x-fal-webhook-request-id": id,
        "x-fal-webhook-user-id": "a stranger",
        "x-fal-webhook-timestamp": at,
        "x-fal-webhook-signature": sign(null, Buffer.from(`${id}\na stranger\n${at}\n${sum}`), key).toString("hex"),
    };
    const path = `/webhooks/fal?avatar=${avatar}&token=${randomUUID()}`;
    return (await fetch(both.url + path, { method: "POST", headers, body })).status;
}

/** Lists the calls about an avatar, and one to a path that does not exist. */
const about = (avatar) => [
    ["GET", `/v1/avatars/${avatar}`],
    ["DELETE", `/v1/avatars/${avatar}`],
    ["POST", `/v1/avatars/${avatar}/capability`, {}],
    ["GET", `/v1/avatars/${avatar}/photos`],
    ["GET", `/v1/avatars/${avatar}/photos/p`],
    ["PUT", `/v1/avatars/${avatar}/photos/p`, Buffer.from("a photo")],
    ["DELETE", `/v1/avatars/${avatar}/photos/p`],
    ["POST", `/v1/avatars/${avatar}/photos/p/address`, {}],
    ["POST", `/v1/avatars/${avatar}/photos/p/check`],
    ["PUT", `/v1/avatars/${avatar}/trainings/1`, {}],
    ["GET", `/v1/avatars/${avatar}/trainings/1`],
    ["GET", `/v1/avatars/${avatar}/trainings/1/model`],
    ["POST", `/v1/avatars/${avatar}/trainings/1/cancel`, {}],
    ["POST", `/v1/avatars/${avatar}/trainings/1/resolve`, { not_accepted: true }],
    ["PUT", `/v1/avatars/${avatar}/pictures/1`, { prompt: "at sea" }],
    ["GET", `/v1/avatars/${avatar}/pictures/1`],
    ["GET", `/v1/avatars/${avatar}/pictures/1/files/1`],
    ["POST", `/v1/avatars/${avatar}/pictures/1/cancel`, {}],
    ["GET", `/test/${avatar}/${"0".repeat(32)}/fal/x`],
    ["GET", `/v1/users/${avatar}/avatars`],
    ["GET", `/v1/requests/${avatar}`],
];

test("of what was not created here nothing is stored", async () => {
    const statuses = [];
    const call = async (method, path, token, body) => {
        const { status } = await both.call(method, path, { token, body });
        statuses.push(`${method} ${path} ${token?.slice(0, 3)} ${status}`);
        assert.ok(status >= 400 && status < 500, statuses.at(-1));
    };
    // Without a credential, and with made-up ones.
    for (const token of [undefined, made("c"), made("s"), made("i"), "x"]) {
        for (const [method, path, body] of about(randomUUID())) await call(method, path, token, body);
        await call("PUT", `/v1/avatars/${randomUUID()}`, token, { user_id: "u", name: "Anna" });
        for (const body of [{}, [], { invite: made("i"), avatar_id: randomUUID(), name: "A" }]) {
            await call("POST", "/v1/redeem", token, body);
        }
    }
    for (let message = 0; message < 3; message++) assert.equal(await webhook(randomUUID(), privateKey), 200);
    assert.equal(await webhook(randomUUID(), generateKeyPairSync("ed25519").privateKey), 401);
    assert.deepEqual(await both.tables(), {});
    // The operator's own calls, which only read.
    for (const path of ["/v1/tokens", "/v1/invites", "/v1/budget", "/v1/overview"]) {
        assert.equal((await both.call("GET", path, { token: ADMIN })).status, 200);
    }
    assert.deepEqual(await both.tables(), {});
});

test("a server token stores what it creates, and nothing else", async () => {
    const token = await both.server();
    const before = await both.tables();
    assert.deepEqual(Object.keys(before).map((name) => name.split("/")[0]), ["BudgetObject"]);
    const known = async (method, path, body) => {
        const { status } = await both.call(method, path, { token, body });
        assert.ok(status === 200 || (status >= 400 && status < 500), `${method} ${path} ${status}`);
    };
    for (const [method, path, body] of about(randomUUID())) await known(method, path, body);
    for (const body of [undefined, [], {}, { user_id: "", name: "A" }, { user_id: "u", name: "A", training_config: { webhook_url: "https://a.test" } }]) {
        await known("PUT", `/v1/avatars/${randomUUID()}`, body);
    }
    const { token: invite } = (await both.call("PUT", "/v1/invites/i", { token: ADMIN, body: { trainings: 1, pictures: 1 } })).document;
    const beyond = { invite, avatar_id: randomUUID(), name: "A", training_config: { steps: 9000 } };
    await known("POST", "/v1/redeem", beyond);
    assert.deepEqual(Object.keys(await both.tables()), Object.keys(before));
    // A real avatar has rows, so the check above can fail.
    const created = await both.call("PUT", `/v1/avatars/${randomUUID()}`, { token, body: { user_id: "u", name: "Anna" } });
    assert.equal(created.status, 201);
    const kinds = Object.keys(await both.tables()).map((name) => name.split("/")[0]);
    assert.deepEqual(kinds.sort(), ["AvatarObject", "BudgetObject", "Index"]);
});
