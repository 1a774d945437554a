// Cloudflare's runtime with one Worker as it was built, and nothing between the Worker and the network. (wrangler's test
// harness leads all requests of a Worker through Node, which treats broken connections differently.)

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "./runtime.mjs";

export class Worker {
    /** Output of the Worker and the runtime. */
    log = "";

    /** Starts the Worker of this folder, with the dates and flags of its wrangler.toml. */
    static async start(folder) {
        const worker = new Worker();
        const settings = await readFile(new URL("wrangler.toml", folder), "utf8");
        const date = /^compatibility_date = "(.*)"$/m.exec(settings)[1];
        worker.folder = await mkdtemp(join(tmpdir(), "likeness-workerd-"));
        for (const name of ["index.js", "index_bg.wasm"]) {
            await writeFile(join(worker.folder, name), await readFile(new URL(`build/${name}`, folder)));
        }
        await writeFile(join(worker.folder, "config.capnp"), config(date));
        const { runtime, ports } = await serve(worker.folder, 1, (text) => (worker.log += text));
        worker.process = runtime;
        worker.port = ports.http;
        runtime.on("exit", () => (worker.ended = true));
        for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
        return worker;
    }

    async stop() {
        if (!this.ended) {
            const ended = new Promise((done) => this.process.on("exit", done));
            this.process.kill("SIGKILL");
            await ended;
        }
        await rm(this.folder, { recursive: true });
    }

    /** Returns the processor time in ms that the runtime has taken so far: a Worker's own clock stands still while it computes. */
    async cpu() {
        const fields = (await readFile(`/proc/${this.process.pid}/stat`, "utf8")).split(") ")[1].split(" ");
        return (Number(fields[11]) + Number(fields[12])) * 10;
    }

    fetch(path, options) {
        return fetch(`http://127.0.0.1:${this.port}${path}`, options);
    }
}

const config = (date) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
    services = [
        (name = "worker", worker = .worker),
        (name = "caller", worker = .caller),
        (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
    ],
    sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "caller")],
);
const worker :Workerd.Worker = (
    modules = [
        (name = "index.js", esModule = embed "index.js"),
        (name = "index_bg.wasm", wasm = embed "index_bg.wasm"),
    ],
    compatibilityDate = "${date}",
);
const caller :Workerd.Worker = (
    modules = [(name = "caller.js", esModule = ${JSON.stringify(caller)})],
    bindings = [(name = "WORKER", service = "worker")],
    compatibilityDate = "${date}",
);
`;

// The Worker is called by a binding, as the front does it. A caller that goes away cancels its request.
const caller = `export default {
    fetch(request, { WORKER }) {
        const leave = request.headers.get("x-leave-after");
        return WORKER.fetch(request, leave ? { signal: AbortSignal.timeout(Number(leave)) } : {});
    },
};
`;
