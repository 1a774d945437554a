// The contact sheet: the place to add photos, and every photo with its verdict.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { repeat } from "./vendor/lit-html/directives/repeat.js";
import { add, addSamples, remove } from "./gather.js";
import { bucketShut, counted, inUse, keeps, large, offer, samples, session, shots } from "./store.js";
import { knows, language, sentence, t } from "./words.js";

/** A finger instead of a mouse: the picker offers camera and library, and there is nothing to drop. */
const touch = matchMedia("(pointer: coarse)").matches;

/** The heading and the lead of the way to a training. */
export function photosIntro() {
    const { min, max } = offer.value?.photos ?? { min: 10, max: 20 };
    return html`<h1>${t("photos.title")}</h1>
        <p class="lead">${t("photos.lead", { min, max })} ${session.value ? "" : t("photos.local")}</p>`;
}

/** The sheet. `quiet` leaves out what changes it, for later stages. @param {{ quiet?: boolean }} [options] */
export function sheet({ quiet = false } = {}) {
    const shown = quiet ? shots.value.filter((shot) => shot.verdict !== "rejected") : shots.value;
    return html`<section aria-labelledby="photos-heading">
        <h2 id="photos-heading">${t("photos.heading")} <small>${summary(quiet)}</small></h2>
        <div class="sheet ${shown.length ? "" : "blank"}">
            ${quiet ? nothing : adder(shown.length === 0)}
            ${repeat(shown, (shot) => shot.id, (shot, index) => frame(shot, index, quiet))}
        </div>
        ${quiet ? nothing : extras()}
        ${quiet || shown.length ? nothing : tips()}
    </section>`;
}

/** Advice for a good set, marked as on a contact sheet. */
const tips = () => html`<ul class="tips">
    ${["days", "face", "light", "not"].map((name) => html`<li>${name === "not" ? crossed() : ringed()}<span>${t(`tips.${name}`)}</span></li>`)}
</ul>`;

const ringed = () => html`<svg viewBox="0 0 34 26" aria-hidden="true"><path d="M8 16C3 8 12 3 20 4s12 11 5 16-19 3-20-5S15 2 25 7" /></svg>`;
const crossed = () => html`<svg viewBox="0 0 34 26" aria-hidden="true"><path d="M8 4c6 5 12 11 18 18" /><path d="M26 3C20 9 14 15 8 23" /></svg>`;

/** @param {boolean} quiet */
function summary(quiet) {
    const { all, good, open } = counted.value;
    if (!all) return "";
    if (quiet) return t("train.learned", { photos: t("photos.count", { n: good }) });
    if (open) return t("photos.count", { n: all });
    return t("photos.used", { n: good, all });
}

/** The cell that takes photos. @param {boolean} alone */
function adder(alone) {
    return html`<label class="add ${alone ? "alone" : ""}">
        <input class="hidden" type="file" multiple accept="image/*,.heic,.heif,.hif,.zip" @change=${picked} />
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 5v14M5 12h14" /></svg>
        <span><b>${t("photos.add")}</b>${touch ? nothing : html`<span class="hint">${t("photos.add_hint")}</span>`}</span>
    </label>`;
}

/** Ways to add photos that some devices have. */
function extras() {
    const { all } = counted.value;
    const found = samples.value;
    return html`<p class="extras">
        ${touch
            ? html`<label class="link"><input class="hidden" type="file" accept="image/*" capture="user" @change=${picked} />${t("photos.camera")}</label>`
            : html`<label class="link"><input class="hidden" type="file" webkitdirectory @change=${picked} />${t("photos.folder")}</label>`}
        ${found && all === 0 ? html`<button class="link" @click=${() => addSamples(found.photos)}>${t("photos.sample")}</button>` : nothing}
        ${keeps.value ? nothing : html`<span class="told">${t("photos.not_kept")}</span>`}
        ${bucketShut.value ? html`<span class="told">${t("bucket.blocked")}</span>` : nothing}
        ${shots.value.some(isBrokenSample) ? html`<button class="link" @click=${replaceBroken}>${t("photos.sample_again")}</button>` : nothing}
    </p>`;
}

/** Tells whether this is a drawn photo that was left out, for which there is a good one. @param {import("./store.js").Shot} shot */
function isBrokenSample(shot) {
    const found = samples.value;
    const used = shots.value.some((one) => one.name === found?.replacement);
    return Boolean(found && !used && shot.verdict === "rejected" && found.photos.includes(shot.name));
}

/** Puts a good sample into the place of the broken one. */
async function replaceBroken() {
    const bad = shots.value.filter(isBrokenSample);
    for (const shot of bad) await remove(shot.id);
    if (samples.value) await addSamples([samples.value.replacement]);
}

/** Takes a photo that was left out off the sheet, for another. @param {import("./store.js").Shot} shot */
export function replace(shot) {
    if (isBrokenSample(shot)) {
        void replaceBroken();
        return;
    }
    void remove(shot.id);
    pick();
}

/** Opens the picker. */
export function pick() {
    const input = /** @type {HTMLInputElement | null} */ (document.querySelector(".add input"));
    input?.click();
}

/** @param {Event & { currentTarget: HTMLInputElement }} event */
function picked({ currentTarget }) {
    const files = [...(currentTarget.files ?? [])];
    // The same file may be picked again after it was removed.
    currentTarget.value = "";
    void add(files);
}

/** One photo with its verdict. @param {import("./store.js").Shot} shot @param {number} index @param {boolean} quiet */
function frame(shot, index, quiet) {
    const busy = ["looking", "sending", "checking"].includes(shot.verdict);
    const word = t(`verdict.${shot.verdict}`, { percent: shot.percent });
    const bad = shot.verdict === "rejected";
    const tone = { rejected: "bad", usable: "usable", paused: "usable paused", waiting: "open" }[/** @type {string} */ (shot.verdict)] ?? (busy ? "busy" : "");
    const label = t("photos.open", { name: shot.name, verdict: word });
    return html`<figure class=${tone}>
        <button class="ph" aria-label=${label} @click=${() => (large.value = { kind: "shot", id: shot.id })}>
            ${shot.thumb ? html`<img src=${shot.thumb} alt="" .style=${around(shot)} />` : html`<span class="no-thumb">${shot.verdict === "looking" ? "" : extension(shot.name)}</span>`}
            ${bad ? cross() : nothing}
            ${shot.verdict === "sending" ? html`<progress max="100" value=${shot.percent} aria-label=${word}></progress>` : busy ? html`<i class="line"></i>` : nothing}
        </button>
        ${quiet || inUse() ? nothing : html`<button class="drop" aria-label=${t("photos.remove", { name: shot.name })} title=${t("photos.remove", { name: shot.name })} @click=${() => remove(shot.id)}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7l10 10M17 7L7 17" /></svg></button>`}
        ${quiet ? nothing : html`<figcaption><span class="no">${index + 1}</span><b>${word}</b>${bad ? why(shot) : (noted(shot)[0]?.word ?? nothing)}</figcaption>`}
    </figure>`;
}

/** The reason in a few words. @param {import("./store.js").Shot} shot */
export function why(shot) {
    const key = `why.${shot.code}`;
    if (knows(key)) return t(key, { of: shot.of ?? "" });
    return shot.message ? sentence(shot.message) : t("why.other");
}

/**
 * Lists what was found about a photo that can be used, the gravest first: here, and by the server, which knows the other
 * photos too. The server's advice is English.
 *
 * @param {import("./store.js").Shot} shot
 * @returns {{ word: string, sentence: string, advice: string }[]}
 */
export function noted({ report, told = [] }) {
    const here = report?.findings ?? [];
    const word = (/** @type {string} */ code, of = "") => t(`why.${code}`, { of });
    const seen = here.map(({ code, said }) => {
        const words = said[language.value];
        return { word: word(code), sentence: sentence(words?.sentence ?? ""), advice: words?.advice ?? "" };
    });
    const others = told.filter(({ code }) => here.every((found) => found.code !== code));
    const heard = others.map(({ code, of, advice }) => {
        const words = word(code, of);
        return { word: words, sentence: words, advice: language.value === "en" ? advice : "" };
    });
    return [...seen, ...heard];
}

/** The shape of a cell: width over height. */
const CELL = 4 / 5;

/**
 * Places a picture in its cell so that the face is in the middle, as far as the picture goes. The style is a property here,
 * which the content security policy lets a script set.
 *
 * @param {import("./store.js").Shot} shot
 */
function around({ report, width, height }) {
    const face = report?.faces[0];
    if (!face || !width || !height) return "";
    const shape = width / height;
    const across = percent(face.x + face.width / 2, CELL / shape);
    const down = percent(face.y + face.height / 2, shape / CELL);
    return `object-position: ${across}% ${down}%`;
}

/** The share of the hidden part that lies before the shown one. @param {number} middle @param {number} shown */
const percent = (middle, shown) => (shown < 1 ? Math.round(100 * Math.min(1, Math.max(0, (middle - shown / 2) / (1 - shown)))) : 50);

/** @param {string} name */
const extension = (name) => name.split(".").at(-1)?.slice(0, 4).toUpperCase() ?? "";

/** The grease pencil. */
const cross = () => html`<svg class="mark" viewBox="0 0 100 125" preserveAspectRatio="none" aria-hidden="true">
    <path d="M11 15C34 41 63 83 91 111" /><path d="M88 11C66 45 40 79 9 115" />
</svg>`;
