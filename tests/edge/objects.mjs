// A store of objects in memory that speaks as much of S3 as the imager needs, and misbehaves where a test says so.

import { createHash } from "node:crypto";
import { createServer } from "node:http";

export class Objects {
    /** Requests that came: method, path, headers, and the body as far as it arrived. */
    requests = [];
    #objects = new Map();
    #rules = new Map();
    #connections = new Set();

    static async start() {
        const objects = new Objects();
        objects.server = createServer((request, response) => objects.#answer(request, response));
        objects.server.keepAliveTimeout = 5000;
        objects.server.on("connection", (socket) => {
            objects.#connections.add(socket);
            socket.on("close", () => objects.#connections.delete(socket));
        });
        await new Promise((ready) => objects.server.listen(0, "127.0.0.1", ready));
        objects.port = objects.server.address().port;
        return objects;
    }

    async stop() {
        for (const socket of this.#connections) socket.destroy();
        await new Promise((done) => this.server.close(done));
    }

    url(key) {
        return `http://127.0.0.1:${this.port}/${key}`;
    }

    put(key, bytes) {
        this.#objects.set(key, Buffer.from(bytes));
        return etag(bytes);
    }

    get(key) {
        return this.#objects.get(key);
    }

    /** Has `act(request, response)` answer such requests; if it returns `false`, the store answers as usual. */
    rule(method, key, act) {
        this.#rules.set(`${method} ${key}`, act);
    }

    reset() {
        this.requests = [];
        this.#objects.clear();
        this.#rules.clear();
    }

    /** Lists the requests of one method for one key. */
    of(method, key) {
        return this.requests.filter((request) => request.method === method && request.key === key);
    }

    async #answer(request, response) {
        const key = decodeURIComponent(request.url.slice(1).split("?")[0]);
        const seen = { method: request.method, key, headers: request.headers, body: Buffer.alloc(0), whole: false };
        this.requests.push(seen);
        const act = this.#rules.get(`${request.method} ${key}`);
        if (act && (await act(request, response, seen)) !== false) return;
        if (request.method === "PUT") {
            if ((await read(request, seen)) && !this.#refusedLength(request, response, seen)) {
                this.put(key, seen.body);
                response.writeHead(200, { ETag: etag(seen.body) }).end();
            }
            return;
        }
        const bytes = this.#objects.get(key);
        if (!bytes) return refuse(response, 404, "NoSuchKey");
        const match = request.headers["if-match"];
        if (match && match !== etag(bytes)) return refuse(response, 412, "PreconditionFailed");
        const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
        const [start, end] = range ? [Number(range[1]), range[2] ? Number(range[2]) + 1 : bytes.length] : [0, bytes.length];
        const part = bytes.subarray(start, end);
        const more = range && { "Content-Range": `bytes ${start}-${start + part.length - 1}/${bytes.length}` };
        response.writeHead(range ? 206 : 200, { ETag: etag(bytes), "Content-Length": part.length, ...more }).end(part);
    }

    /** Refuses a body without a length, as storage does. */
    #refusedLength(request, response, seen) {
        if (request.headers["content-length"] === String(seen.body.length)) return false;
        refuse(response, 411, "MissingContentLength");
        return true;
    }
}

/** Reads a request's body as far as it comes, and tells whether it came whole. */
export async function read(request, seen) {
    const chunks = [];
    try {
        for await (const chunk of request) {
            chunks.push(chunk);
            seen.received = (seen.received ?? 0) + chunk.length;
        }
        seen.whole = request.complete;
    } catch {
        seen.whole = false;
    }
    seen.body = Buffer.concat(chunks);
    return seen.whole;
}

export function refuse(response, status, code) {
    response.writeHead(status, { "Content-Type": "application/xml" }).end(`<Error><Code>${code}</Code></Error>`);
}

export const etag = (bytes) => `"${createHash("md5").update(bytes).digest("hex")}"`;
