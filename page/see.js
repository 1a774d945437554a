// Portraits: what they should show, the wall, and the model.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { live } from "./vendor/lit-html/directives/live.js";
import { repeat } from "./vendor/lit-html/directives/repeat.js";
import { file, ours } from "./api.js";
import { signal } from "./vendor/signals-core/signals-core.mjs";
import { ideas } from "./ideas.js";
import { choice } from "./person.js";
import { sheet } from "./photos.js";
import { save } from "./steps.js";
import { avatar, called, counted, gives, large, offer, orders, trainings, wish } from "./store.js";
import { size, t } from "./words.js";

/** Addresses of portraits in memory, by `NUMBER/FILE`. @type {import("./vendor/signals-core/signals-core.mjs").Signal<Record<string, string>>} */
const pictures = signal({});
/** @type {Set<string>} */
const fetching = new Set();

/** @param {Partial<typeof wish.value>} change */
const change = (change) => (wish.value = { ...wish.value, ...change });

/**
 * @typedef {object} Tile A place on the wall.
 * @property {number} number The order.
 * @property {number} file Place in the order, from 1.
 * @property {string} state developing, there, blanked or failed.
 * @property {import("./types.d.ts").Portraits} order
 */

/** The orders, the newest first. */
const newest = () => [...orders.value].reverse();

/** Lists the places of an order. @param {import("./types.d.ts").Portraits} order @returns {Tile[]} */
function places(order) {
    const failed = order.status === "error";
    // An order tells its number of files once they are there.
    const count = order.files.length || (failed ? 1 : expected(order));
    return Array.from({ length: count }, (_, index) => {
        const state = failed ? "failed" : order.status !== "completed" ? "developing" : order.blanked.includes(index) ? "blanked" : "there";
        return { number: order.number, file: index + 1, state, order };
    });
}

/** Lists the whole wall. @returns {Tile[]} */
export const tiles = () => newest().flatMap(places);

/** Numbers of portraits that were asked for in this visit, by order. @type {Map<number, number>} */
const asked = new Map();
/** @param {import("./types.d.ts").Portraits} order */
function expected(order) {
    if (!asked.has(order.number)) asked.set(order.number, wish.value.count);
    return asked.get(order.number) ?? 1;
}

/** Returns the address of a portrait in memory, and fetches it when it is not there. @param {number} number @param {number} place */
export function picture(number, place) {
    const key = `${number}/${place}`;
    if (!pictures.value[key] && !fetching.has(key)) {
        fetching.add(key);
        file(ours(`/pictures/${number}/files/${place}`))
            .then((blob) => (pictures.value = { ...pictures.value, [key]: URL.createObjectURL(blob) }))
            .catch(() =>
                setTimeout(() => {
                    fetching.delete(key);
                    // Draws the page again, which asks again.
                    pictures.value = { ...pictures.value };
                }, 10_000),
            );
    }
    return pictures.value[key];
}

/** The screen of portraits. */
export function seeScreen() {
    const all = newest();
    return html`<h1>${t("see.title", { name: called.value })}</h1>
        <p class="lead">${t("see.lead")} ${t("see.english")}</p>
        <section class="wishes" aria-label=${t("see.prompt")}>
            <textarea id="prompt" rows="2" maxlength="2000" aria-label=${t("see.prompt")} placeholder=${t("see.placeholder")} .value=${wish.value.prompt} @input=${(/** @type {any} */ event) => change({ prompt: event.target.value })}></textarea>
            <div class="ideas">
                ${ideas(avatar.value?.gender).map((idea) => html`<button aria-pressed=${wish.value.prompt === idea.prompt} @click=${() => change({ prompt: idea.prompt })}>${t(`idea.${idea.name}`)}</button>`)}
            </div>
            <details>
                <summary>${t("details")}</summary>
                <div class="who">
                    ${choice("count", t("see.number"), [1, 2, 3, 4].map((n) => [String(n), String(n)]), String(wish.value.count), (value) => change({ count: Number(value) }))}
                    ${choice("shape", t("see.shape"), [["portrait_4_3", t("see.tall")], ["square_hd", t("see.square")], ["landscape_4_3", t("see.wide")]], wish.value.shape, (shape) => change({ shape }))}
                    <label class="field">${t("see.seed")}
                        <input inputmode="numeric" pattern="[0-9]*" aria-describedby="seed-hint" .value=${live(wish.value.seed)} @input=${(/** @type {any} */ event) => change({ seed: event.target.value.replace(/\D/g, "").slice(0, 9) })} />
                    </label>
                </div>
                <p class="soft small" id="seed-hint">${t("see.seed_hint")}</p>
            </details>
        </section>
        <section aria-labelledby="wall-heading">
            <h2 id="wall-heading">${t("see.heading")} <small>${all.length ? left() : t("see.none")}</small></h2>
            ${repeat(all, (order) => order.number, setView)}
        </section>
        ${folded()}
        ${model()}`;
}

/** The photos, as one line that opens. */
function folded() {
    const n = counted.value.good;
    if (!n) return nothing;
    return html`<section><details class="folded"><summary>${t("see.photos_in", { photos: t("photos.count", { n }) })}</summary>${sheet({ quiet: true })}</details></section>`;
}

/** Says for how many more portraits the invitation pays, when these are few. */
function left() {
    const ordered = orders.value.reduce((sum, order) => sum + order.files.length, 0);
    const rest = (gives.value?.allowance.pictures ?? Infinity) - ordered;
    return rest >= 0 && rest <= 20 ? t("see.left", { n: rest }) : "";
}

/** The portraits of one order, with a label as in a museum. @param {import("./types.d.ts").Portraits} order @param {number} index */
function setView(order, index) {
    const all = places(order);
    return html`<div class="wall ${index === 0 && order.status !== "error" ? "newest" : ""}">
        ${repeat(all, (tile) => tile.file, tileView)}
        <div class="label"><p>${words(order)}</p><p class="soft small">${t("see.label", { seed: order.seed })}</p>
            <button class="link small" @click=${() => again(order)}>${t("see.same")}</button></div>
    </div>`;
}

/** Takes the words and the seed of an order for the next. @param {import("./types.d.ts").Portraits} order */
export function again(order) {
    change({ prompt: words(order), seed: String(order.seed) });
    document.getElementById("prompt")?.focus();
    scrollTo({ top: 0 });
}

/** @param {Tile} tile @param {number} index */
function tileView(tile, index) {
    const { number, file: place, state, order } = tile;
    const address = state === "there" ? picture(number, place) : undefined;
    const label = t("see.open", { n: index + 1, prompt: words(order) });
    if (address) {
        return html`<figure><button class="ph" aria-label=${label} @click=${() => (large.value = { kind: "portrait", number, file: place })}><img class="developed" src=${address} alt="" /></button></figure>`;
    }
    const word = state === "there" ? "developing" : state === "developing" && order.stage === "queued" ? "queued" : state;
    return html`<figure class="empty ${state}"><div class="ph"><span>${t(`see.${word}`)}${state === "failed" ? html`<small>${order.message}</small>` : nothing}</span>${["developing", "there"].includes(state) ? html`<i class="line"></i>` : nothing}</div></figure>`;
}

/** The prompt without the word that calls the person. @param {import("./types.d.ts").Portraits} order */
export function words(order) {
    const trigger = trainings.value.findLast((one) => one.model)?.model?.trigger_phrase ?? "";
    return order.prompt.startsWith(trigger) ? order.prompt.slice(trigger.length).replace(/^[,\s]+/, "") : order.prompt;
}

/** The model's file. */
function model() {
    const place = trainings.value.findLastIndex((one) => one.model);
    const made = trainings.value[place]?.model;
    if (!made) return nothing;
    const { trigger_phrase: word, file: kept } = made;
    return html`<section aria-labelledby="model-heading">
        <h2 id="model-heading">${t("see.model")}</h2>
        <p class="soft">${t("see.model_hint", { word })}</p>
        <p><button class="quiet" @click=${() => save(ours(`/trainings/${place + 1}/model`), `${called.value || "model"}.safetensors`)}>${t("see.model_get", { size: size(kept.length) })}</button></p>
        ${offer.value?.test_mode ? html`<p class="soft small">${t("see.test")}</p>` : nothing}
    </section>`;
}
