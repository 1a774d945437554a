// Follows the avatar at the server: one call at a time, which the server holds until something has changed.

import { dropPhoto, forget } from "./shelf.js";
import { Lost, Refusal, ask, call, connection, ours, pause } from "./api.js";
import { alter, avatar, erased, fit, invite, leaving, session, shots, shut } from "./store.js";

let following = false;
let stopped = false;
let tag = "";
/** @type {AbortController | null} */
let held = null;

/** Tells whether something goes on at the server by itself. @param {import("./types.d.ts").Avatar} seen */
function moves(seen) {
    const going = (/** @type {{ status: string }} */ order) => ["in_progress", "unknown"].includes(order.status);
    const looking = (/** @type {import("./types.d.ts").Photo} */ photo) => photo.state === "waiting";
    return seen.photos.some(looking) || seen.trainings.some(going) || seen.pictures.some(going);
}

/** The functions that wait for the next word of the server. @type {(() => void)[]} */
let listening = [];

/** Fetches the avatar now, and waits for it, but not for long. */
export async function followed() {
    const heard = new Promise((resolve) => listening.push(() => resolve(undefined)));
    follow();
    await Promise.race([heard, pause(5)]);
}

/** Fetches the avatar now, and goes on as long as something moves. */
export function follow() {
    // The held call would not know of what was just asked for.
    tag = "";
    stopped = false;
    held?.abort();
    if (!following) void loop();
}

/** Follows no longer. */
export function rest() {
    stopped = true;
    held?.abort();
}

async function loop() {
    following = true;
    let failures = 0;
    while (session.value && !erased.value && !stopped) {
        held = new AbortController();
        // A connection that is dead without a word, as after a sleep.
        const late = setTimeout(() => held?.abort(), 45_000);
        try {
            /** @type {Record<string, string>} */
            const known = tag ? { "if-none-match": tag, prefer: "wait=25" } : {};
            const answer = await call("GET", ours(""), { headers: known, signal: held.signal });
            failures = 0;
            if (answer.status !== 304) {
                tag = answer.headers.get("etag") ?? "";
                take(await answer.json());
            }
            if (!avatar.value || !moves(avatar.value)) break;
        } catch (error) {
            if (error instanceof Refusal) {
                if (error.code === "avatar.erased") await gone();
                if (error.status === 401) shut.value = "closed.unknown";
                if (!error.wait) break;
                await pause(error.wait);
            } else if (error instanceof Lost) {
                await connection(Math.min(30, 2 ** failures++));
            } else if (!held.signal.aborted) {
                console.error(error);
                await pause(5);
            }
            // Else the call was broken off, to ask anew.
        } finally {
            clearTimeout(late);
        }
    }
    following = false;
}

/** Shows that the avatar was erased from elsewhere. Erased again, the server tells what remains at fal. */
async function gone() {
    erased.value = await ask("DELETE", ours(""));
    await forget(invite.value ?? "");
}

/** Takes over what the server shows. @param {import("./types.d.ts").Avatar} seen */
function take(seen) {
    avatar.value = seen;
    for (const heard of listening.splice(0)) heard();
    // Deleted meanwhile, by another visit or since nothing was trained for long.
    for (const shot of shots.value) {
        if (!shot.there || seen.photos.some((photo) => photo.photo_id === shot.id)) continue;
        shots.value = shots.value.filter((one) => one !== shot);
        void dropPhoto(invite.value ?? "", shot.id);
    }
    for (const photo of seen.photos) {
        const shot = shots.value.find((known) => known.id === photo.photo_id);
        if (shot) {
            alter(shot.id, { ...verdict(photo, shot), there: photo.state !== "expected" });
        } else if (photo.photo_id && photo.state !== "expected" && !leaving.value.has(photo.photo_id)) {
            // Added elsewhere, or by an earlier visit of which this browser kept nothing.
            const added = { id: photo.photo_id, name: photo.name, file: null, thumb: null, percent: 100, there: true };
            shots.value = [...shots.value, { ...added, ...verdict(photo), verdict: verdict(photo).verdict ?? "checking" }];
        }
    }
}

/**
 * Translates the server's word on a photo.
 *
 * @param {import("./types.d.ts").Photo} photo
 * @param {Partial<import("./store.js").Shot>} [shot] The photo as it is known here.
 * @returns {Partial<import("./store.js").Shot>}
 */
function verdict(photo, shot = {}) {
    switch (photo.state) {
        case "ready":
            return { verdict: fit({ ...shot, told: photo.findings }), told: photo.findings, width: photo.width, height: photo.height, changes: photo.changes };
        case "rejected":
            return { verdict: "rejected", code: photo.code, message: photo.message, advice: photo.advice, of: photo.duplicate_of };
        case "waiting":
            return { verdict: "checking" };
        default:
            // Expected: its bytes are on their way from here.
            return {};
    }
}
