// The state of the page. Each screen reads these signals, and is drawn anew when one changes.

import { computed, signal } from "./vendor/signals-core/signals-core.mjs";

/**
 * @typedef {object} Shot A photo as the page has it.
 * @property {string} id Id at the server.
 * @property {string} name Name of the file.
 * @property {Blob | null} file Bytes, until they are up.
 * @property {string | null} thumb Address of a small upright picture of it in memory.
 * @property {Verdict} verdict Result so far.
 * @property {number} percent Share that is up.
 * @property {boolean} [there] True once the server has shown it.
 * @property {string} [code] The reason's stable name, for one that is left out.
 * @property {string} [message] The reason in a sentence, as the server or the check says it.
 * @property {string} [advice] The next step, in a sentence.
 * @property {string} [sum] Equal for photos that are the same once they are clean.
 * @property {string} [of] The name of the photo that it repeats.
 * @property {number} [width] Width in pixels, once it is clean.
 * @property {number} [height] Height in pixels.
 * @property {string[]} [changes] Changes that were made.
 * @property {import("./check.js").Report} [report] Its looks, as the check saw them.
 * @property {import("./types.d.ts").Photo["findings"]} [told] What the server found about it, once it can be used.
 */

/**
 * @typedef {"looking" | "waiting" | "sending" | "paused" | "checking" | "good" | "usable" | "rejected"} Verdict
 * looking: its thumbnail or check is being made; waiting: it may be sent; checking: the server looks at it.
 */

/** @typedef {{ avatar: string, capability: string }} Session The avatar, and the token that lets us use it. */
/** @typedef {{ name: string, gender: string, quality: string, consent: boolean }} Person */

/**
 * @template T
 * @typedef {import("./vendor/signals-core/signals-core.mjs").Signal<T>} Signal
 */

/** The invitation from the link. @type {Signal<string | null>} */
export const invite = signal(null);
/** Name of the sentence that says why the invitation does not open the page. @type {Signal<string | null>} */
export const shut = signal(null);
/** @type {Signal<Session | null>} */
export const session = signal(null);
/** Requirements and prices of the server. @type {Signal<import("./types.d.ts").Offer | null>} */
export const offer = signal(null);
/** Terms of the invitation. @type {Signal<import("./types.d.ts").Invitation | null>} */
export const gives = signal(null);
/** The avatar as the server shows it. @type {Signal<import("./types.d.ts").Avatar | null>} */
export const avatar = signal(null);
/** @type {Signal<Shot[]>} */
export const shots = signal([]);
/** @type {Signal<Person>} */
export const person = signal({ name: "", gender: "other", quality: "balanced", consent: false });
/** The drawn photos of test mode. @type {Signal<{ photos: string[], replacement: string } | null>} */
export const samples = signal(null);
/** False while the server cannot be reached. */
export const reached = signal(true);
/** True while a button's work is under way. */
export const busy = signal(false);
/** A sentence about what did not work, until the next try. @type {Signal<string>} */
export const trouble = signal("");
/** Sentence for screen readers. */
export const said = signal("");
/** The photo or portrait that is shown large. @type {Signal<{ kind: "shot", id: string } | { kind: "portrait", number: number, file: number } | null>} */
export const large = signal(null);
/** The answer to an erase. @type {Signal<import("./types.d.ts").Erased | null>} */
export const erased = signal(null);
/** The order for portraits that is being written. */
export const wish = signal({ prompt: "", count: 4, shape: "square_hd", seed: "" });
/** Photos and quality for which a training was agreed to, before the photos were up. @type {Signal<{ photos: string, quality: string | undefined } | null>} */
export const agreed = signal(null);
/** Photos that were taken off the sheet, and are still at the server. @type {Signal<Set<string>>} */
export const leaving = signal(new Set());
/** False once this browser did not keep something. */
export const keeps = signal(true);
/** True once the bucket refused the page, so that photos go through the API. */
export const bucketShut = signal(false);

/** The trainings, in their order. */
export const trainings = computed(() => avatar.value?.trainings ?? []);
/** The training that counts: the newest one. */
export const training = computed(() => trainings.value.at(-1) ?? null);
/** The orders for portraits, in their order. */
export const orders = computed(() => avatar.value?.pictures ?? []);

/** Name of the screen that is shown. @type {import("./vendor/signals-core/signals-core.mjs").ReadonlySignal<"closed" | "gone" | "photos" | "train" | "see">} */
export const screen = computed(() => {
    if (erased.value) return "gone";
    if (shut.value || !(invite.value || session.value)) return "closed";
    if (trainings.value.some((one) => one.model)) return "see";
    return training.value && ["in_progress", "unknown"].includes(training.value.status) ? "train" : "photos";
});

/** The trainings that the invitation pays for, the cheapest first. */
export const qualities = computed(() => {
    const all = offer.value?.trainings ?? [];
    // An invitation that ended tells nothing any more; the avatar was made for the dearest that it paid for.
    const made = all.find((one) => one.quality === avatar.value?.training_config?.quality);
    const most = gives.value?.steps ?? made?.steps ?? 0;
    return all.filter((one, index) => index === 0 || one.steps <= most);
});
/** The training that is chosen. */
export const chosen = computed(() => qualities.value.find((one) => one.quality === person.value.quality) ?? qualities.value[0]);

/** The person's name, in a sentence. */
export const called = computed(() => avatar.value?.name ?? person.value.name.trim());

/** Tells whether a photo has no verdict yet. @param {Shot} shot */
const isOpen = ({ verdict }) => !["good", "usable", "rejected"].includes(verdict);

/** Counts of the photos by verdict. */
export const counted = computed(() => {
    const all = shots.value;
    const of = (/** @type {Verdict[]} */ ...verdicts) => all.filter((shot) => verdicts.includes(shot.verdict)).length;
    const good = of("good", "usable");
    const rejected = of("rejected");
    const looking = of("looking");
    // Where the avatar is there, the server's word counts.
    const open = all.filter((shot) => isOpen(shot) || (session.value && shot.file && shot.verdict !== "rejected")).length + leaving.value.size;
    const sent = all.filter((shot) => shot.verdict !== "rejected");
    const up = sent.reduce((sum, shot) => sum + (shot.verdict === "sending" ? shot.percent : shot.file ? 0 : 100), 0);
    const percent = Math.round(up / Math.max(1, sent.length));
    return { all: all.length, good, rejected, looking, open, hopeful: all.length - rejected, percent };
});

/** The good photos, as one word that is the same for the same photos. */
export const goodPhotos = () =>
    shots.value.filter(({ verdict }) => ["good", "usable"].includes(verdict)).map(({ id }) => id).sort().join(" ");

/** Tells whether an order is being placed: its photos stay as they are. */
export const inUse = () => ["preparing", "uploading", "submitting"].includes(training.value?.stage ?? "");

/** The verdict on a photo that can be used: usable where anything was found. @param {Partial<Shot>} shot @returns {"good" | "usable"} */
export const fit = ({ report, told }) => (report?.findings.length || told?.length ? "usable" : "good");

/** Changes one photo. @param {string} id @param {Partial<Shot>} change */
export function alter(id, change) {
    shots.value = shots.value.map((shot) => (shot.id === id ? { ...shot, ...change } : shot));
}
