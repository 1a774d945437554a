// The front with a clock that can be set: POST /clock with a number of milliseconds puts it on, or back if negative.
// This is the module that the runtime starts in place of the front's own (index.js); it runs there, not in Node.

import { WorkerEntrypoint } from "cloudflare:workers";
import * as front from "./index.js";

export { AvatarObject, BudgetObject, ChatObject, Index, LedgerObject } from "./index.js";

const real = Date.now;
let put = 0;
Date.now = () => real.call(Date) + put;

export default class extends WorkerEntrypoint {
    async fetch(request) {
        if (new URL(request.url).pathname !== "/clock") return new front.default(this.ctx, this.env).fetch(request);
        put += Number(await request.text());
        return new Response(null, { status: 204 });
    }
}
