// Calls of the server. /openapi.json describes them all.

import { reached, session } from "./store.js";
import { knows, language, t } from "./words.js";

/** A refusal by the server: its stable code, and what it says. */
export class Refusal extends Error {
    /** @param {number} status @param {{ code?: string, detail?: string, advice?: string }} problem @param {number} wait */
    constructor(status, problem, wait) {
        super(problem.detail ?? `HTTP ${status}`);
        this.status = status;
        this.code = problem.code ?? "";
        this.advice = problem.advice ?? "";
        /** Seconds after which another try makes sense; 0 where none does. */
        this.wait = wait;
    }
}

/** A call without an answer: the connection is lost. */
export class Lost extends Error {}

/** Says what went wrong, with what to do. @param {unknown} error */
export function explained(error) {
    if (error instanceof Lost) return t("unreachable");
    if (error instanceof Refusal) {
        const key = `refused.${error.code}`;
        return knows(key) ? t(key) : `${error.message} ${error.advice}`.trim();
    }
    return t("unexpected", { what: String(error) });
}

/** The path of something of our avatar. @param {string} rest */
export const ours = (rest) => `/v1/avatars/${session.value?.avatar}${rest}`;

/** The headers of every call. @returns {Record<string, string>} */
export function headers() {
    const token = session.value?.capability;
    return { "accept-language": language.value, ...(token ? { authorization: `Bearer ${token}` } : {}) };
}

/**
 * Makes a call and returns its answer.
 *
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, headers?: Record<string, string>, signal?: AbortSignal }} [more] Without a signal an answer
 *     must come within a minute.
 */
export async function call(method, path, more = {}) {
    let answer;
    try {
        answer = await fetch(path, {
            method,
            headers: { ...headers(), ...(more.body ? { "content-type": "application/json" } : {}), ...more.headers },
            body: more.body ? JSON.stringify(more.body) : undefined,
            signal: more.signal ?? after(60),
            cache: "no-store",
        });
    } catch (error) {
        if (more.signal?.aborted && more.signal.reason !== LATE) throw error;
        reached.value = false;
        throw new Lost();
    }
    reached.value = true;
    if (answer.ok || answer.status === 304) return answer;
    throw await refusal(answer);
}

const LATE = new Error("no answer in time");

/** Makes a signal that goes off after some seconds; Safari learned AbortSignal.timeout with version 16. @param {number} seconds */
function after(seconds) {
    const late = new AbortController();
    setTimeout(() => late.abort(LATE), seconds * 1000);
    return late.signal;
}

/** Reads a refusal. @param {Response} answer */
async function refusal(answer) {
    const problem = await answer.json().catch(() => ({}));
    return new Refusal(answer.status, problem, wait(answer.status, answer.headers.get("retry-after")));
}

/** Tells after how many seconds to try again. @param {number} status @param {string | null} seconds */
export function wait(status, seconds) {
    if (status !== 429 && status < 500) return 0;
    return Math.min(60, Math.max(1, Number(seconds) || 5));
}

/** Makes a call and reads its document. @param {string} method @param {string} path @param {unknown} [body] */
export async function ask(method, path, body) {
    const answer = await call(method, path, { body });
    return answer.status === 204 ? null : answer.json();
}

/**
 * Asks until there is an answer, for calls that change something: each names what it makes, so that asking again makes
 * it once.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 */
export async function insist(method, path, body) {
    for (let failures = 0; ; failures++) {
        try {
            return await ask(method, path, body);
        } catch (error) {
            if (failures >= 6) throw error;
            if (error instanceof Lost) await connection(2 ** failures);
            else if (error instanceof Refusal && error.wait && (error.status !== 429 || error.code === "api.rate_limited")) await pause(error.wait);
            else throw error;
        }
    }
}

/** Fetches a file of ours. @param {string} path */
export async function file(path) {
    // A model may have 200 MB.
    const answer = await call("GET", path, { signal: after(3600) });
    return answer.blob();
}

/** Makes a random UUID; `crypto.randomUUID` is missing where the page came without HTTPS. */
export function uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Waits. @param {number} seconds */
export const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Waits until the browser thinks that there is a connection, at most this long. @param {number} seconds */
export function connection(seconds) {
    return new Promise((resolve) => {
        const timer = setTimeout(done, seconds * 1000);
        function done() {
            clearTimeout(timer);
            removeEventListener("online", done);
            resolve(undefined);
        }
        addEventListener("online", done);
    });
}
