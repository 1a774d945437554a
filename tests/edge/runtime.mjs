// Cloudflare's runtime.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import workerd from "workerd";

/**
 * Starts the runtime in a folder with its config.capnp, and waits until the runtime listens at this many sockets. Returns the process
 * and the ports by the sockets' names: at port 0 of a configuration the runtime takes one that is free. `log` is passed
 * what the runtime says.
 */
export async function serve(folder, sockets, log) {
    // The program itself: npm's `workerd` may be a script that starts it, and a kill of that script leaves it running.
    const runtime = spawn(workerd.default, ["serve", "config.capnp", "--control-fd=3"], {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [runtime.stdout, runtime.stderr]) {
        stream.on("data", (text) => {
            said += text;
            log(text);
        });
    }
    const closed = new Promise((done) => runtime.on("close", done));
    // The runtime must not outlive tests that are broken off.
    process.on("exit", () => runtime.kill("SIGKILL"));
    const ports = {};
    for await (const line of createInterface({ input: runtime.stdio[3] })) {
        const { event, socket, port } = JSON.parse(line);
        if (event === "listen") ports[socket] = port;
        if (Object.keys(ports).length === sockets) return { runtime, ports };
    }
    await closed;
    throw new Error(`the runtime does not start: ${said}`);
}
