// Cloudflare repeats a message to an object when it lost the answer. Here each message comes twice during a whole session,
// and once more after the runtime was killed and later messages have undone the effects of some.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { ADMIN, Both } from "./both.mjs";
import { drawing } from "./pictures.mjs";

let both;
let token;
before(async () => {
    both = await Both.start({}, { twice: true });
    token = await both.server();
});
after(() => both?.stop());

/** Tokens that calls handed over. */
const handed = new Set();

/** Makes a call, expects this status, and returns the document. */
async function call(status, method, path, body, who = token) {
    const answer = await both.call(method, path, { token: who, body });
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.document)}`);
    for (const one of JSON.stringify(answer.document ?? "").match(/lk[sic]_[0-9a-f]{64}/g) ?? []) handed.add(one);
    return answer.document;
}

const avatar = randomUUID();
const path = `/v1/avatars/${avatar}`;
const invited = `/v1/avatars/${randomUUID()}`;
const messages = async () => (await fetch(`${both.url}/messages`)).json();

/** Delivers a message once more; without its id, if it is to be forgotten. */
async function again({ to, id, url, headers, body }, { forgetful } = {}) {
    const { "x-message-id": _, ...rest } = headers;
    const message = JSON.stringify({ to, id, url, headers: forgetful ? rest : headers, body });
    return (await fetch(`${both.url}/messages`, { method: "POST", body: message })).text();
}

const photo = async (at) => (await drawing(600 + at, 600)).jpeg().toBuffer();

/** Reads everything that callers can see, in which any effect of a message shows. */
async function seen() {
    return {
        avatar: await call(200, "GET", path),
        user: await call(200, "GET", "/v1/users/u/avatars"),
        gone: await call(410, "GET", invited),
        invitees: await call(200, "GET", "/v1/users/invite-anna/avatars"),
        tokens: await call(200, "GET", "/v1/tokens", undefined, ADMIN),
        invites: await call(200, "GET", "/v1/invites", undefined, ADMIN),
        budget: await call(200, "GET", "/v1/budget", undefined, ADMIN),
    };
}

/** Tells whether a message changes something, in contrast to calls that only read. */
const changes = ({ to, url, body }) => {
    const kind = new URL(url).pathname.split("/")[1];
    if (kind === "call") return !/"method":"(GET|HEAD)"/.test(body);
    return (to === "BudgetObject" && kind !== "who") || (to === "Index" && kind === "note") || kind === "tell" || kind === "admit";
};

let session;

test("each message of a session comes twice, and nothing is done twice", async () => {
    // Tokens and invites.
    await call(201, "PUT", "/v1/tokens/other", {}, ADMIN);
    await call(204, "DELETE", "/v1/tokens/other", undefined, ADMIN);
    const terms = { trainings: 1, pictures: 1, uses: 2 };
    const { token: invite } = await call(201, "PUT", "/v1/invites/anna", terms, ADMIN);
    await call(201, "PUT", "/v1/invites/nobody", terms, ADMIN);
    await call(204, "DELETE", "/v1/invites/nobody", undefined, ADMIN);

    // An avatar of the backend, and one that was invited.
    await call(201, "PUT", path, { user_id: "u", name: "Anna", training_config: { min_photos: 4 } });
    const redeemed = (avatar_id) => ({ invite, avatar_id, name: "A" });
    await call(409, "POST", "/v1/redeem", redeemed(avatar), "");
    const { capability } = await call(200, "POST", "/v1/redeem", redeemed(invited.split("/").at(-1)), "");
    await call(200, "GET", invited, undefined, capability);
    const issued = (await call(200, "POST", `${path}/capability`, {})).capability;
    await call(200, "GET", path, undefined, issued);

    // Photos.
    await call(200, "POST", `${path}/photos/x/address`, {});
    await call(204, "DELETE", `${path}/photos/x`);
    await call(404, "POST", `${path}/photos/x/check`);
    await call(422, "PUT", `${path}/trainings/1`, {});
    for (const at of [0, 1, 2, 3, 4]) await call(201, "PUT", `${path}/photos/p${at}`, await photo(at));
    await call(204, "DELETE", `${path}/photos/p4`);
    const { photos } = await call(200, "GET", `${path}/photos`);
    assert.equal(photos.length, 4);

    // Orders.
    await call(202, "PUT", `${path}/trainings/1`, {});
    const ended = ({ status }) => status !== "in_progress";
    const training = await both.until(token, `${path}/trainings/1`, ended);
    assert.equal(training.status, "completed", JSON.stringify(training));
    await call(409, "PUT", `${path}/trainings/3`, {});
    await call(202, "POST", `${path}/trainings/1/cancel`, {});
    await call(409, "POST", `${path}/trainings/1/resolve`, { not_accepted: true });
    await call(202, "PUT", `${path}/pictures/1`, { prompt: "at sea", count: 1 });
    await both.until(token, `${path}/pictures/1`, ended);
    await call(202, "POST", `${path}/pictures/1/cancel`, {});
    await call(409, "POST", `${path}/pictures/1/resolve`, { not_accepted: true });
    const found = await call(200, "GET", `/v1/requests/${training.request_id}`);
    assert.equal(found.request_id, training.request_id);
    await call(404, "GET", "/v1/requests/unknown");
    assert.equal((await call(200, "GET", "/v1/users/u/avatars")).avatars.length, 1);

    const { invites } = await call(200, "GET", "/v1/invites", undefined, ADMIN);
    assert.equal(invites.find(({ id }) => id === "anna").redeemed, 1, JSON.stringify(invites));
    const { today } = await call(200, "GET", "/v1/budget", undefined, ADMIN);
    assert.deepEqual(today, { trainings: 1, pictures: 1 });
    const overview = await call(200, "GET", "/v1/overview", undefined, ADMIN);
    assert.deepEqual([overview.budget.today, overview.counts.under_way], [today, 0]);
    await call(202, "DELETE", invited, undefined, capability);

    // The message that forgets the invited person follows a moment later.
    const kinds = (all) => [...new Set(all.map(({ to, url }) => `${to} ${new URL(url).pathname.split("/")[1]}`))].sort();
    const wanted = [
        ...["admit", "call"].map((kind) => `AvatarObject ${kind}`),
        ...["call", "forget", "reserve", "spent", "turn-away", "who"].map((kind) => `BudgetObject ${kind}`),
        ...["claim", "holder", "list", "note"].map((kind) => `Index ${kind}`),
        ...["overview", "tell"].map((kind) => `LedgerObject ${kind}`),
    ];
    for (const end = Date.now() + 30_000; ; ) {
        session = await messages();
        if (kinds(session).length === wanted.length || Date.now() > end) break;
        await new Promise((later) => setTimeout(later, 100));
    }
    assert.deepEqual(kinds(session), wanted);
    // Addresses are signed anew, for the same place and with the same headers.
    const unsigned = (told) => told.replaceAll(/(X-Amz-(Signature|Date))=\w+|("expires_at":)"[^"]+"/g, "$1$3");
    const read = (answer) => unsigned(answer.replaceAll(/"body":(\[[\d,]*\])/g, (_, bytes) => Buffer.from(JSON.parse(bytes))));
    for (const { url, body, first, second } of session.filter(changes)) {
        assert.equal(read(second), read(first), `${url} ${body}`);
    }
});

test("an object that was restarted knows what it did, also when that was undone", async () => {
    // Earlier changes are undone: a removed photo is there again, and the other way round.
    await call(201, "PUT", `${path}/photos/p4`, await photo(4));
    await both.until(token, `${path}/photos`, ({ photos }) => photos.every(({ state }) => state !== "waiting"));
    await call(201, "PUT", "/v1/tokens/other", {}, ADMIN);
    const { capability } = await call(200, "POST", `${path}/capability`, {});
    await both.kill();
    await both.run();
    const before = await seen();
    for (const message of [...session, ...session.toReversed()].filter(changes)) {
        await again(message);
    }
    assert.deepEqual(await seen(), before);
    await call(200, "GET", path, undefined, capability);
});

test("what is kept of messages holds no token", async () => {
    assert.ok(handed.size > 4, `${handed.size} tokens were handed over`);
    const stored = await both.stored();
    assert.ok(stored.includes("recent messages"), "nothing is remembered");
    for (const one of handed) assert.ok(!stored.includes(one), "a token is stored");
});

test("an object that forgets messages would do some of them again", async () => {
    const before = await seen();
    for (const message of session.filter(changes).toReversed()) await again(message, { forgetful: true });
    const later = await seen();
    assert.notDeepEqual(later.avatar.photos, before.avatar.photos, "no photo was taken out again");
    assert.notDeepEqual(later.tokens, before.tokens, "no token was revoked again");
    assert.notDeepEqual(later.invitees, before.invitees, "nobody who was erased is in a list again");
});
