// The work of the buttons: open by an invitation, send, train, order portraits, erase.

import { Lost, Refusal, ask, call, connection, explained, file, insist, ours, pause, uuid } from "./api.js";
import { follow, followed, rest } from "./follow.js";
import { findSamples, restore } from "./gather.js";
import { onlyOne } from "./only-one.js";
import * as shelf from "./shelf.js";
import { agreed, avatar, busy, chosen, counted, erased, gives, goodPhotos, invite, offer, orders, person, qualities, said, session, shots, shut, training, trainings, trouble, wish } from "./store.js";
import { t } from "./words.js";
import { send } from "./upload.js";

const INVITE = /^lki_[0-9a-f]{64}$/;

/** Opens the page: by the invitation in the link, else by the one that was open last. */
export async function open() {
    const given = location.hash.slice(1).trim();
    shut.value = given && !INVITE.test(given) ? "closed.wrong" : null;
    const key = shut.value ? null : given || (await shelf.lastInvite()) || null;
    invite.value = key;
    const offered = loadOffer();
    if (!key) return;
    const kept = await shelf.findSession(key);
    const typed = kept?.person ?? (await shelf.keptPerson(key));
    if (typed) person.value = { ...person.value, ...typed };
    // A server that is slow or away does not keep the page blank.
    await Promise.race([Promise.all([offered, knock(key, Boolean(kept?.avatar))]), pause(3)]);
    if (kept?.capability) session.value = { avatar: kept.avatar, capability: kept.capability };
    restore(await shelf.keptPhotos(key));
    if (session.value) follow();
    // The answer to the invitation was lost: asked again for the same avatar, it is the same.
    else if (kept?.avatar && !shut.value) void begin();
}

/** Asks what the invitation gives. One that is used up opens the page only where it was used. @param {string} key @param {boolean} used */
async function knock(key, used) {
    try {
        /** @type {import("./types.d.ts").Invitation} */
        const found = await asked("POST", "/v1/invite", { invite: key });
        gives.value = found;
        if (!used && found.uses_left === 0) shut.value = "closed.taken";
    } catch (error) {
        const reason = closing(error);
        // Its avatar stays to be seen and erased.
        if (reason && !used) shut.value = reason;
        else if (!reason) trouble.value = explained(error);
    }
}

/** Asks until the server has answered: without this answer nothing can be bought. @param {string} method @param {string} path @param {unknown} [body] */
async function asked(method, path, body) {
    for (let failures = 0; ; failures++) {
        try {
            return await ask(method, path, body);
        } catch (error) {
            if (error instanceof Lost) await connection(Math.min(30, 2 ** failures));
            else if (error instanceof Refusal && error.wait) await pause(error.wait);
            else throw error;
        }
    }
}

/** Returns the sentence for a refusal of the invitation itself. @param {unknown} error */
function closing(error) {
    /** @type {Record<string, string>} */
    const reasons = { "budget.invite_unknown": "closed.unknown", "budget.invite_over": "closed.over", "budget.invite_taken": "closed.taken" };
    return error instanceof Refusal ? reasons[error.code] : undefined;
}

/** Fetches what the server asks for and what it costs. */
async function loadOffer() {
    try {
        /** @type {import("./types.d.ts").Offer} */
        const found = await asked("GET", "/v1/offer");
        offer.value = found;
        if (found.test_mode) void findSamples();
    } catch (error) {
        trouble.value = explained(error);
    }
}

/** Does a button's work, and says what went wrong. @param {() => Promise<void>} work */
const step = (work) =>
    onlyOne(work, (error) => {
        // Another window may have ordered meanwhile.
        if (error instanceof Refusal && session.value) follow();
        trouble.value = explained(error);
    });

/** Redeems the invitation, and sends the photos. */
export const begin = () => step(redeem);

/** Sends the photos, and orders the training once all of them are there and good. */
export const beginAndTrain = () =>
    step(async () => {
        agreed.value = { photos: goodPhotos(), quality: chosen.value?.quality };
        try {
            await redeem();
        } finally {
            if (!session.value) agreed.value = null;
        }
    });

/** Redeems the invitation, with the person's name and the word that they agreed, and sends the photos. */
async function redeem() {
    const key = invite.value ?? "";
    const { name, gender, consent } = person.value;
    const kept = await shelf.findSession(key);
    // Kept before it is asked for: a lost answer is asked for again under the same id, with the same words.
    const id = kept?.avatar ?? uuid();
    // The dearest that the invitation pays for: a training may then choose any up to it.
    const config = kept?.config ?? { quality: qualities.value.at(-1)?.quality };
    await shelf.keepSession(key, { avatar: id, person: person.value, config });
    try {
        const body = { invite: key, avatar_id: id, name: name.trim(), gender, consent, training_config: config };
        const redeemed = await insist("POST", "/v1/redeem", body);
        await shelf.keepSession(key, { avatar: id, capability: redeemed.capability, person: person.value, config });
        session.value = { avatar: id, capability: redeemed.capability };
    } catch (error) {
        const reason = closing(error);
        if (!reason) throw error;
        shut.value = reason;
        return;
    }
    send();
    follow();
}

/** Orders the training that was agreed to. Where the photos are others by now, the person decides again. */
export function trainAsAgreed() {
    const wanted = agreed.value;
    if (!wanted || busy.value || !session.value || counted.value.open) return;
    agreed.value = null;
    if (trainings.value.length) return;
    if (wanted.photos === goodPhotos()) void train(wanted.quality);
    else trouble.value = t("bar.changed");
}

/** The number for the next order: one more than there are. @param {unknown[]} orders */
const nextNumber = (orders) => orders.length + 1;

/** Orders a training of this quality. @param {string | undefined} quality */
export const train = (quality) =>
    step(async () => {
        const config = { quality };
        const last = training.value;
        // One that ended without an order keeps its number.
        if (last && last.status === "error") {
            try {
                await insist("PUT", ours(`/trainings/${trainings.value.length}`), { training_config: config, again: true });
                await followed();
                return;
            } catch (error) {
                if (!(error instanceof Refusal) || error.code !== "order.not_again") throw error;
            }
        }
        await insist("PUT", ours(`/trainings/${nextNumber(trainings.value)}`), { training_config: config });
        await followed();
        scrollTo({ top: 0 });
    });

/** Stops the training. */
export const stop = () =>
    step(async () => {
        await call("POST", ours(`/trainings/${trainings.value.length}/cancel`));
        follow();
    });

/** Orders portraits. */
export const order = () =>
    step(async () => {
        const { prompt, count, shape, seed } = wish.value;
        const body = { prompt: prompt.trim(), count, image_size: shape, ...(seed ? { seed: Number(seed) } : {}) };
        await insist("PUT", ours(`/pictures/${nextNumber(orders.value)}`), body);
        // The next order needs the next number.
        await followed();
        queueMicrotask(() => document.getElementById("wall-heading")?.scrollIntoView({ block: "start" }));
    });

/** Erases everything, here and at the server. */
export const erase = () =>
    step(async () => {
        const key = invite.value ?? "";
        if (session.value) {
            const answer = await insist("DELETE", ours(""));
            rest();
            erased.value = answer;
            // Tells whether it can begin again.
            await knock(key, false);
        } else {
            erased.value = { erased: "", remains_at_fal: [] };
        }
        await shelf.forget(key);
        for (const shot of shots.value) if (shot.thumb) URL.revokeObjectURL(shot.thumb);
        shots.value = [];
        avatar.value = null;
        session.value = null;
        said.value = t("gone.title");
    });

/** Begins anew with the same invitation, where it has a use left. */
export function again() {
    location.reload();
}

/** Tries an invitation that was typed. @param {string} text */
export function tryInvite(text) {
    const found = /lki_[0-9a-f]+/.exec(text)?.[0] ?? text.trim();
    if (!INVITE.test(found)) {
        shut.value = "closed.wrong";
        return;
    }
    location.hash = found;
}

/** Saves a file of ours on this device. A model takes its time: other buttons work meanwhile. @param {string} path @param {string} name */
export async function save(path, name) {
    said.value = t("busy");
    try {
        const address = URL.createObjectURL(await file(path));
        const link = document.createElement("a");
        link.href = address;
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) {
        trouble.value = explained(error);
    }
}
