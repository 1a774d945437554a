// Both Workers as they are deployed, in one runtime: the front calls the imager, objects lie on the disk.

import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { serve } from "./runtime.mjs";

const edge = new URL("../../edge/", import.meta.url);

export const ADMIN = "an admin token of more than 32 characters";

export class Both {
    log = "";

    /**
     * Starts both with these settings of the front, in test mode unless they say otherwise. With `imager` the front calls
     * the imager that listens at that port, in a process of its own. With `twice` each message to an object comes
     * twice; with `clock` the clock of both can be set.
     */
    static async start(settings = {}, { imager, twice, clock } = {}) {
        const both = new Both();
        both.apart = imager;
        both.main = (twice && "twice.js") || (clock && "clock.js");
        both.folder = await mkdtemp(join(tmpdir(), "likeness-both-"));
        // Those that are free at the first start, and the same ones from then on.
        [both.port, both.imagerPort, both.barePort] = [0, 0, 0];
        await mkdir(join(both.folder, "objects"));
        both.settings = { AVATAR_TEST_MODE: "true", ADMIN_TOKEN: ADMIN, FAL_MOCK_TRAINING_DURATION: "2", ...settings };
        await both.#copy("imager", "imager/build");
        // Outside of test mode the very front that answers paying people.
        await both.#copy("front", both.settings.AVATAR_TEST_MODE === "true" ? "front/test-mode" : "front/build");
        if (both.main) await writeFile(join(both.folder, "front", both.main), await readFile(new URL(both.main, import.meta.url)));
        await both.run();
        return both;
    }

    async #copy(name, from) {
        await mkdir(join(this.folder, name), { recursive: true });
        for (const file of ["index.js", "index_bg.wasm"]) {
            await writeFile(join(this.folder, name, file), await readFile(new URL(`${from}/${file}`, edge)));
        }
    }

    /** Starts the runtime anew under other settings. */
    async restart(settings) {
        await this.kill();
        this.settings = { ...this.settings, ...settings };
        await this.run();
    }

    /** Starts the runtime anew with the front of this folder of edge/front; objects keep what they stored. */
    async redeploy(build) {
        await this.kill();
        await this.#copy("front", `front/${build}`);
        await this.run();
    }

    /** Starts the runtime, or starts it again after a kill: the objects' storage is still there. */
    async run() {
        await writeFile(join(this.folder, "config.capnp"), config(this));
        const { runtime, ports } = await serve(this.folder, 3, (text) => (this.log += text));
        [this.port, this.imagerPort, this.barePort] = [ports.http, ports.imager, ports.bare];
        this.process = runtime;
        this.ended = false;
        runtime.on("exit", () => (this.ended ||= this.process === runtime));
        await (await fetch(`${this.url}/health`)).text();
    }

    /** Address for callers: the runtime's own port, or a relay before it. */
    get url() {
        return `http://127.0.0.1:${this.door ?? this.port}`;
    }

    /** Returns the processor time that the runtime has taken, in milliseconds. */
    async cpu() {
        const fields = (await readFile(`/proc/${this.process.pid}/stat`, "utf8")).split(") ")[1].split(" ");
        return (Number(fields[11]) + Number(fields[12])) * 10;
    }

    /** Returns the lengths of the Workers' linear memories. */
    async memory() {
        const of = async (url) => (await fetch(url)).json();
        return {
            front: await of(`${this.url}/test/memory`),
            imager: await of(`http://127.0.0.1:${this.imagerPort}/memory`),
        };
    }

    /** Reads all that objects stored, as it lies on the disk. */
    async stored() {
        const entries = await readdir(join(this.folder, "objects"), { recursive: true, withFileTypes: true });
        const files = entries.filter((entry) => entry.isFile()).map((file) => readFile(join(file.parentPath, file.name)));
        return Buffer.concat(await Promise.all(files));
    }

    /** Counts the rows of each table that an object made, by the object's file. The runtime is killed for that. */
    async tables() {
        await this.kill();
        const tables = {};
        for (const file of await readdir(join(this.folder, "objects"), { recursive: true })) {
            if (!file.endsWith(".sqlite")) continue;
            const database = new DatabaseSync(join(this.folder, "objects", file));
            // The runtime keeps tables of its own in the same file.
            const own = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'";
            for (const { name } of database.prepare(own).all()) {
                const { rows } = database.prepare(`SELECT count(*) AS rows FROM "${name}"`).get();
                tables[file] = { ...tables[file], [name]: rows };
            }
            database.close();
        }
        await this.run();
        return tables;
    }

    /** Passes the budget object's database to `work`, while the runtime does not run. */
    async budget(work) {
        await this.kill();
        const folder = join(this.folder, "objects", "BudgetObject");
        const [file] = (await readdir(folder)).filter((name) => name.endsWith(".sqlite"));
        const database = new DatabaseSync(join(folder, file));
        const done = work(database);
        database.close();
        await this.run();
        return done;
    }

    async kill() {
        if (this.ended) return;
        const ended = new Promise((done) => this.process.on("exit", done));
        this.process.kill("SIGKILL");
        await ended;
    }

    async stop() {
        await this.kill();
        await rm(this.folder, { recursive: true });
    }

    /** Makes a call with a token, and parses the answer's document. */
    async call(method, path, { token, body, headers } = {}) {
        const init = { method, headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) } };
        if (body !== undefined) init.body = Buffer.isBuffer(body) ? body : JSON.stringify(body);
        const response = await fetch(this.url + path, init);
        const text = await response.text();
        return { status: response.status, headers: response.headers, document: text ? JSON.parse(text) : undefined };
    }

    async server() {
        return (await this.call("PUT", "/v1/tokens/web", { token: ADMIN, body: {} })).document.token;
    }

    /** Makes an avatar with these photos, and waits until all of them were inspected. */
    async avatar(token, photos) {
        const path = `/v1/avatars/${randomUUID()}`;
        await this.call("PUT", path, { token, body: { user_id: "u", name: "Anna" } });
        await Promise.all(photos.map((body, at) => this.call("PUT", `${path}/photos/p${at}`, { token, body })));
        await this.until(token, `${path}/photos`, (it) => it.photos.every(({ state }) => state !== "waiting"));
        return path;
    }

    /** Reads the document at this path until `wanted` accepts it, and returns it. */
    async until(token, path, wanted, patience = 120_000) {
        const end = Date.now() + patience;
        for (let tag; ; ) {
            const headers = { ...(tag && { "if-none-match": tag, prefer: "wait=5" }) };
            const { status, headers: more, document } = await this.call("GET", path, { token, headers });
            if (status === 200 && wanted(document)) return document;
            if (Date.now() > end) throw new Error(`${path}: ${status} ${JSON.stringify(document)}\n${this.log}`);
            tag = more.get("etag") ?? tag;
        }
    }
}

const worker = (name, bindings, main = "") => `(
    modules = [
        ${main}
        (name = "index.js", esModule = embed "${name}/index.js"),
        (name = "index_bg.wasm", wasm = embed "${name}/index_bg.wasm"),
    ],
    compatibilityDate = "2026-11-17",
    ${bindings}
)`;

const objects = {
    AVATAR: "AvatarObject",
    BUDGET: "BudgetObject",
    INDEX: "Index",
    LEDGER: "LedgerObject",
    CHAT: "ChatObject",
};

const config = ({ port, imagerPort, barePort, settings, apart, main }) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
    services = [
        (name = "front", worker = .front),
        (name = "imager", ${apart ? `external = (address = "127.0.0.1:${apart}", http = ())` : "worker = .imager"}),
        (name = "bare", worker = .bare),
        (name = "disk", disk = (path = "objects", writable = true)),
        (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
    ],
    sockets = [
        (name = "http", address = "127.0.0.1:${port}", http = (), service = "front"),
        (name = "imager", address = "127.0.0.1:${imagerPort}", http = (), service = "imager"),
        (name = "bare", address = "127.0.0.1:${barePort}", http = (), service = "bare"),
    ],
);
const front :Workerd.Worker = ${worker("front", `bindings = [
        (name = "IMAGER", service = "imager"),
        ${Object.entries(objects).map(([name, of]) => `(name = "${name}", durableObjectNamespace = "${of}")`).join(", ")},
        ${Object.entries(settings).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`).join(", ")},
    ],
    durableObjectNamespaces = [
        ${Object.values(objects).map((of) => `(className = "${of}", uniqueKey = "${of}", enableSql = true)`).join(", ")},
    ],
    durableObjectStorage = (localDisk = "disk"),`, main && `(name = "${main}", esModule = embed "front/${main}"),`)};
const imager :Workerd.Worker = ${worker("imager", "")};
const bare :Workerd.Worker = (
    modules = [(name = "bare.js", esModule = "export default { fetch() { return new Response('{}'); } }")],
    compatibilityDate = "2026-11-17",
);
`;
