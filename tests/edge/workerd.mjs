// Cloudflare's runtime with one Worker as it was built, and nothing between the Worker and the network. (wrangler's test
// harness leads all requests of a Worker through Node, which treats broken connections differently.)

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import workerd from "workerd";
import { freePort } from "./port.mjs";

export class Worker {
    /** Output of the Worker and the runtime. */
    log = "";

    /** Starts the Worker of this folder, with the dates and flags of its wrangler.toml. */
    static async start(folder) {
        const worker = new Worker();
        const settings = await readFile(new URL("wrangler.toml", folder), "utf8");
        const date = /^compatibility_date = "(.*)"$/m.exec(settings)[1];
        worker.folder = await mkdtemp(join(tmpdir(), "likeness-workerd-"));
        worker.port = await freePort();
        for (const name of ["index.js", "index_bg.wasm"]) {
            await writeFile(join(worker.folder, name), await readFile(new URL(`build/${name}`, folder)));
        }
        await writeFile(join(worker.folder, "config.capnp"), config(date, worker.port));
        // The program itself: npm's `workerd` may be a script that starts it, and a kill of that script leaves it running.
        worker.process = spawn(workerd.default, ["serve", "config.capnp"], {
            cwd: worker.folder,
            stdio: ["ignore", "pipe", "pipe"],
        });
        for (const stream of [worker.process.stdout, worker.process.stderr]) {
            stream.on("data", (text) => (worker.log += text));
        }
        worker.process.on("exit", () => (worker.ended = true));
        // The runtime must not outlive tests that are broken off.
        process.on("exit", () => worker.process.kill("SIGKILL"));
        for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
        await worker.#listens();
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

    async #listens() {
        for (let attempt = 0; attempt < 200; attempt++) {
            if (this.ended) break;
            try {
                await (await this.fetch("/")).text();
                return;
            } catch {
                await new Promise((later) => setTimeout(later, 50));
            }
        }
        throw new Error(`the Worker does not answer: ${this.log}`);
    }
}

const config = (date, port) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
    services = [
        (name = "worker", worker = .worker),
        (name = "caller", worker = .caller),
        (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
    ],
    sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "caller")],
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
