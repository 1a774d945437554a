// Measures the processor time of a call with 50,000 purchases of today in the budget, compared with none. Two runtimes
// take turns, so that other load on the machine affects both.
//
//     scripts/bench-edge

import { randomBytes, randomUUID } from "node:crypto";
import { ADMIN, Both } from "./both.mjs";

const [PURCHASES, ROUNDS, CALLS] = [50_000, 12, 150];

const made = (kind) => `lk${kind}_${randomBytes(32).toString("hex")}`;
const endless = { DAILY_TRAININGS: "1000000", DAILY_PICTURES: "1000000" };

/** Starts a runtime whose budget holds so many purchases. */
async function runtime(purchases) {
    const both = await Both.start(endless);
    const token = await both.server();
    await both.budget((database) => {
        const put = database.prepare("INSERT INTO entries (name, value) VALUES (?, ?)");
        const [at, due] = [Date.now(), Date.now() + 86_400_000].map((moment) => new Date(moment).toISOString());
        database.exec("BEGIN");
        for (let number = 0; number < purchases; number++) {
            const id = `${randomUUID()}/pictures/1`;
            put.run(`purchase/${id}`, JSON.stringify({ at, amount: { trainings: 0, pictures: 1 }, invite: null, settled: true, due }));
            put.run(`due/${due}/${id}`, "");
        }
        database.exec("COMMIT");
    });
    return { both, token };
}

/** Calls to the budget, by kind. */
const kinds = {
    "a made-up token": ({ both }) => both.call("GET", "/v1/users/u/avatars", { token: made("s") }),
    "a made-up invite": ({ both }) => both.call("POST", "/v1/redeem", { body: { invite: made("i"), avatar_id: randomUUID(), name: "A" } }),
    "a token that is minted and revoked": async ({ both }) => {
        const path = `/v1/tokens/${randomUUID()}`;
        await both.call("PUT", path, { token: ADMIN, body: {} });
        return both.call("DELETE", path, { token: ADMIN });
    },
    "an invite that is redeemed": async (runtime) => {
        runtime.redeemed = (runtime.redeemed ?? -1) + 1;
        if (runtime.redeemed % 1000 === 0) {
            const body = { trainings: 1, pictures: 1, uses: 1000 };
            const { document } = await runtime.both.call("PUT", `/v1/invites/i${runtime.redeemed}`, { token: ADMIN, body });
            runtime.invite = document.token;
        }
        return runtime.both.call("POST", "/v1/redeem", { body: { invite: runtime.invite, avatar_id: randomUUID(), name: "A" } });
    },
};

async function cpu(runtime, call) {
    const before = await runtime.both.cpu();
    for (let number = 0; number < CALLS; number++) await call(runtime);
    return ((await runtime.both.cpu()) - before) / CALLS;
}

const middle = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const runtimes = [await runtime(0), await runtime(PURCHASES)];
try {
    for (const [kind, call] of Object.entries(kinds)) {
        for (const one of runtimes) await cpu(one, call);
        const costs = [[], []];
        for (let round = 0; round < ROUNDS; round++) {
            const order = round % 2 ? [1, 0] : [0, 1];
            for (const one of order) costs[one].push(await cpu(runtimes[one], call));
        }
        const [none, many] = costs.map(middle);
        const ratio = middle(costs[0].map((none, round) => costs[1][round] / none));
        console.log(`${kind.padEnd(52)} ${none.toFixed(2)} ms of CPU, ${many.toFixed(2)} with ${PURCHASES} purchases: ${ratio.toFixed(2)} times`);
    }
} finally {
    for (const { both } of runtimes) await both.stop();
}
