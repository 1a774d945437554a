// The front, whose objects get each message twice: the answer to the first is lost, as far as the sender knows. The
// runtime starts this module in place of the front's own (index.js); it runs there, not in Node.

import { WorkerEntrypoint } from "cloudflare:workers";
import * as front from "./index.js";

/** Messages that came: the object, the request, and both answers. */
const messages = [];

/** Tells whether a call is held until something changes: repeated, it would be held twice as long. */
const isHeld = (body) => /"method":"(GET|HEAD)"/.test(body) && body.includes('"prefer"');

const twice = (name) =>
    class {
        constructor(state, env) {
            this.id = state.id.toString();
            this.object = new front[name](state, env);
        }

        alarm() {
            return this.object.alarm();
        }

        async fetch(request) {
            // A question to the simulated fal.ai or bucket is not a message of the front's.
            if (new URL(request.url).pathname.startsWith("/test/")) return this.object.fetch(request);
            const [body, headers] = [await request.text(), new Headers(request.headers)];
            // A test that delivers a message a third time wants the answer to that one.
            const alone = headers.has("x-alone") || isHeld(body);
            headers.delete("x-alone");
            const deliver = () => this.object.fetch(new Request(request.url, { method: "POST", headers, body }));
            if (alone) return deliver();
            const first = await (await deliver()).text();
            const response = await deliver();
            const second = await response.clone().text();
            const { url } = request;
            messages.push({ to: name, id: this.id, url, headers: Object.fromEntries(headers), body, first, second });
            return response;
        }
    };

export const AvatarObject = twice("AvatarObject");
export const BudgetObject = twice("BudgetObject");
export const Index = twice("Index");
export const LedgerObject = twice("LedgerObject");
export const ChatObject = twice("ChatObject");

const spaces = {
    AvatarObject: "AVATAR",
    BudgetObject: "BUDGET",
    Index: "INDEX",
    LedgerObject: "LEDGER",
    ChatObject: "CHAT",
};

export default class extends WorkerEntrypoint {
    async fetch(request) {
        if (new URL(request.url).pathname !== "/messages") {
            return new front.default(this.ctx, this.env).fetch(request);
        }
        if (request.method === "GET") return Response.json(messages);
        // Once more, to the same object.
        const { to, id, url, headers, body } = await request.json();
        const space = this.env[spaces[to]];
        const again = { method: "POST", headers: { ...headers, "x-alone": "yes" }, body };
        return space.get(space.idFromString(id)).fetch(new Request(url, again));
    }
}
