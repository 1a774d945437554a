// The imager dies, as it would of too much memory or a panic. The front is another isolate, and goes on.

import assert from "node:assert/strict";
import { Agent, createServer, request as send } from "node:http";
import { connect, createServer as createRelay } from "node:net";
import { after, before, test } from "node:test";
import { Both } from "./both.mjs";
import { drawing } from "./pictures.mjs";
import { Worker } from "./workerd.mjs";

const folder = new URL("../../edge/imager/", import.meta.url);
const listen = (server) => new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server.address().port)));

/** The imager that runs now, and the number of those that died. */
let imager;
let deaths = 0;
async function die() {
    deaths += 1;
    await imager.stop();
    imager = await Worker.start(folder);
}

/** A relay to the imager that runs now; the front is bound to its port. */
const relay = createRelay((from) => {
    const to = connect(imager.port, "127.0.0.1");
    for (const [one, other] of [[from, to], [to, from]]) {
        one.pipe(other);
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
    }
});

/** A relay before the front for all callers, the imager among them: in test mode the front is the bucket too. */
let both;
let token;
/** Method of the next request for a prepared photo upon which the imager is killed. */
let deadly;
const agent = new Agent({ keepAlive: false });
const door = createServer((request, response) => {
    const options = { agent, port: both.port, path: request.url, method: request.method, headers: request.headers };
    const onward = send({ ...options, host: "127.0.0.1" }, async (answer) => {
        if (request.method === deadly && request.url.includes("/normalised/")) {
            deadly = undefined;
            // The request is carried out, and its answer never reaches the imager.
            answer.resume();
            await die();
            return response.destroy();
        }
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.on("error", () => onward.destroy());
    request.pipe(onward);
});

before(async () => {
    imager = await Worker.start(folder);
    both = await Both.start({}, { imager: await listen(relay) });
    both.door = await listen(door);
    token = await both.server();
});
after(async () => {
    door.close();
    relay.close();
    await Promise.all([both?.stop(), imager?.stop()]);
});

test("an imager that dies after a photo's PUT and before its report begins again, and the front never notices", async () => {
    const begun = both.process.pid;
    const photos = await Promise.all([1, 2, 3, 4].map(async (at) => (await drawing(900 + at, 900)).jpeg().toBuffer()));
    deadly = "PUT";
    const path = await both.avatar(token, photos);
    assert.equal(deaths, 1);
    const { photos: reports } = (await both.call("GET", `${path}/photos`, { token })).document;
    assert.deepEqual(reports.map(({ state }) => state), Array(4).fill("ready"), JSON.stringify(reports));

    // The imager also dies while it reads photos for the archive: a caller that waits for the end gets it.
    const training = `${path}/trainings/1`;
    deadly = "GET";
    const settings = { training_config: { min_photos: 4 } };
    assert.equal((await both.call("PUT", training, { token, body: settings })).status, 202);
    const status = await both.until(token, training, ({ status }) => status !== "in_progress");
    assert.equal(status.status, "completed", JSON.stringify(status));
    assert.deepEqual(status.rejected_photos, []);
    assert.equal(deaths, 2);
    assert.equal(both.process.pid, begun);
    assert.ok(!both.ended, "the front died as well");
});
