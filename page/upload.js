// Photos on their way to the server: three at a time, straight to the bucket where there is one, else through the API.
// A lost connection is waited for, and a photo that did not arrive is sent again.

import { Lost, Refusal, ask, call, connection, headers, ours, pause, wait } from "./api.js";
import { follow } from "./follow.js";
import { alterPhoto } from "./shelf.js";
import { alter, bucketShut, invite, offer, reached, session, shots } from "./store.js";

const AT_A_TIME = 3;

/** Milliseconds without progress after which a transfer counts as lost. */
const SILENCE = 60_000;

/** Photos that are being sent, with what breaks each transfer off. @type {Map<string, () => void>} */
const sending = new Map();

/** Number of times that the bucket alone did not take a photo. At the second one the API takes them. */
let bucketFailures = 0;

/** Breaks off the transfer of a photo. @param {string} id */
export const abandon = (id) => sending.get(id)?.();

/** Sends what waits, as far as there is room. Safe to call at any time. */
export function send() {
    if (!session.value) return;
    for (const shot of shots.value) {
        if (sending.size >= AT_A_TIME) return;
        const waits = ["waiting", "paused"].includes(shot.verdict) || (["good", "usable"].includes(shot.verdict) && shot.file);
        if (waits && shot.file && !sending.has(shot.id)) void one(shot.id, shot.name, shot.file);
    }
}

/** Sends one photo until it is there or refused. @param {string} id @param {string} name @param {Blob} file */
async function one(id, name, file) {
    sending.set(id, () => {});
    let failures = 0;
    const there = () => shots.value.some((shot) => shot.id === id);
    while (there()) {
        try {
            alter(id, { verdict: "sending", percent: 0 });
            await sent(id, name, file);
            alter(id, { verdict: "checking", percent: 100, file: null });
            // It is up: only its small picture is kept.
            await alterPhoto(invite.value ?? "", id, { file: null });
            follow();
            break;
        } catch (error) {
            // Taken off the sheet meanwhile: gather.js has the server delete it, perhaps before it was there.
            if (!there()) {
                await call("DELETE", ours(`/photos/${id}`)).catch(() => {});
                break;
            }
            if (error instanceof Lost) {
                reached.value = false;
                alter(id, { verdict: "paused" });
                await connection(Math.min(30, 2 ** failures++));
            } else if (error instanceof Refusal && error.wait) {
                alter(id, { verdict: "paused" });
                await pause(error.wait);
            } else {
                const refusal = error instanceof Refusal ? error : null;
                alter(id, { verdict: "rejected", code: refusal?.code ?? "", message: String(refusal?.message ?? error), advice: refusal?.advice });
                break;
            }
        }
    }
    sending.delete(id);
    send();
}

/** @param {string} id @param {string} name @param {Blob} file */
async function sent(id, name, file) {
    const progress = (/** @type {number} */ percent) => alter(id, { percent });
    if (offer.value?.bucket && !bucketShut.value) {
        const address = await ask("POST", ours(`/photos/${id}/address`), { name });
        // The photo is there already: an answer was lost.
        if (!address.url) return;
        if (await put(id, address.url, {}, file, progress, "bucket")) {
            await ask("POST", ours(`/photos/${id}/check`));
            return;
        }
    }
    const type = { "content-type": "application/octet-stream" };
    await put(id, `${ours(`/photos/${id}`)}?name=${encodeURIComponent(name)}`, { ...headers(), ...type }, file, progress, "api");
}

/**
 * PUTs a file. False: the bucket does not let this page in, as its CORS rule is missing; so the API takes the photo.
 * XMLHttpRequest, since fetch does not tell how much of a body has gone.
 *
 * @param {string} id
 * @param {string} address
 * @param {Record<string, string>} head
 * @param {Blob} file
 * @param {(percent: number) => void} progress
 * @param {"bucket" | "api"} where
 * @returns {Promise<boolean>}
 */
async function put(id, address, head, file, progress, where) {
    if (!shots.value.some((shot) => shot.id === id)) throw new Lost();
    const request = new XMLHttpRequest();
    sending.set(id, () => request.abort());
    const ended = new Promise((resolve) => {
        request.onload = () => resolve(true);
        request.onerror = request.ontimeout = request.onabort = () => resolve(false);
    });
    let last = -1;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let silence;
    const alive = () => {
        clearTimeout(silence);
        silence = setTimeout(() => request.abort(), SILENCE);
    };
    request.upload.onprogress = ({ loaded, total }) => {
        alive();
        const percent = Math.floor((100 * loaded) / Math.max(1, total));
        if (percent !== last) progress((last = percent));
    };
    alive();
    request.open("PUT", address);
    for (const [name, value] of Object.entries(head)) request.setRequestHeader(name, value);
    request.send(file);
    const answered = await ended;
    clearTimeout(silence);
    if (answered && request.status < 300) {
        reached.value = true;
        return true;
    }
    if (!answered && (last > 0 || where === "api")) throw new Lost();
    if (where === "bucket") {
        // A browser does not say why nothing was sent: where our own server answers, it was not the connection.
        await ask("GET", "/health").catch(() => {
            throw new Lost();
        });
        if (++bucketFailures < 2) throw new Refusal(request.status, {}, 1);
        bucketShut.value = true;
        return false;
    }
    let problem = {};
    try {
        problem = JSON.parse(request.responseText);
    } catch {
        // Not the API's answer: a proxy's page.
    }
    throw new Refusal(request.status, problem, wait(request.status, request.getResponseHeader("retry-after")));
}
