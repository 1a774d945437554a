// A budget that an earlier version stored as one text is carried on in rows.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { ADMIN, Both } from "./both.mjs";

let both;
before(async () => {
    both = await Both.start();
});
after(() => both?.stop());

const text = await readFile(new URL("../../core/src/budget/fixtures/stored_1.json", import.meta.url), "utf8");

const listed = async (path) => (await both.call("GET", path, { token: ADMIN })).document;

test("a budget that was one text is taken over with the first call, whole", async () => {
    assert.deepEqual((await listed("/v1/tokens")).tokens, []);
    await both.budget((database) => {
        // The storage as that version left it.
        database.exec("CREATE TABLE texts (name TEXT, part INTEGER, value TEXT, PRIMARY KEY (name, part))");
        database.exec("CREATE TABLE blobs (name TEXT, part INTEGER, value BLOB, PRIMARY KEY (name, part))");
        const put = database.prepare("INSERT INTO texts (name, part, value) VALUES (?, ?, ?)");
        put.run("budget", 0, text.slice(0, 900));
        put.run("budget", 1, text.slice(900));
        put.run("recent messages", 0, JSON.stringify([["3f0e8a52-7c7e-4c59-9d3c-0a4b8c2f6d11", "2026-11-24T21:25:55.123Z", null]]));
    });
    // An unknown token comes first: converting the text must not depend on who calls.
    assert.equal((await both.call("GET", "/v1/budget", { token: `lks_${"0".repeat(64)}` })).status, 401);
    assert.deepEqual((await listed("/v1/tokens")).tokens.map(({ id }) => id), ["old", "web"]);
    const [invite] = (await listed("/v1/invites")).invites;
    assert.deepEqual([invite.id, invite.redeemed, invite.spent], ["anna", 2, { trainings: 1, pictures: 4 }]);
    const rows = await both.budget((database) => ({
        texts: database.prepare("SELECT count(*) AS count FROM texts").get().count,
        names: database.prepare("SELECT name FROM entries").all().map(({ name }) => name.split("/")[0]),
    }));
    const count = (kind) => rows.names.filter((name) => name === kind).length;
    assert.equal(rows.texts, 0);
    const kinds = ["sums", "server", "invite", "hash", "avatar", "purchase", "due", "message"].map(count);
    assert.deepEqual(kinds, [1, 2, 1, 3, 1, 3, 3, 1]);
});
