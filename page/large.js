// The large view of a photo or a portrait.

import { html, nothing, svg } from "./vendor/lit-html/lit-html.js";
import { ours } from "./api.js";
import { remove } from "./gather.js";
import { noted, replace, why } from "./photos.js";
import { again, picture, tiles, words } from "./see.js";
import { save } from "./steps.js";
import { called, inUse, large, screen, shots } from "./store.js";
import { language, sentence, t } from "./words.js";

const close = () => (large.value = null);

/** The dialog; empty while nothing is shown large. */
export function largeView() {
    const shown = large.value;
    return html`<dialog class="large" aria-label=${t("details")} @close=${close} @click=${outside} @keydown=${keys}>
        ${!shown ? nothing : shown.kind === "shot" ? shotView(shown.id) : portraitView(shown.number, shown.file)}
    </dialog>`;
}

/** Opens or closes the dialog, once it is drawn. */
export function showLarge() {
    const dialog = /** @type {HTMLDialogElement | null} */ (document.querySelector("dialog.large"));
    const shown = large.value;
    // Taken off the sheet meanwhile.
    if (shown?.kind === "shot" && !shots.value.some((shot) => shot.id === shown.id)) close();
    if (large.value && !dialog?.open) {
        dialog?.showModal();
        // On a phone, Back is how a picture is closed.
        history.pushState({ large: true }, "");
    }
    if (!large.value && dialog?.open) {
        dialog.close();
        if (history.state?.large) history.back();
    }
}

addEventListener("popstate", close);

/** A press beside the picture closes it. @param {Event} event */
function outside(event) {
    if (event.target === event.currentTarget) close();
}

/** @param {KeyboardEvent} event */
function keys(event) {
    if (event.key === "ArrowRight") move(1);
    if (event.key === "ArrowLeft") move(-1);
}

/** Shows the one before or after. @param {number} by */
function move(by) {
    const shown = large.value;
    if (shown?.kind === "shot") {
        const all = shots.value;
        const next = all[(all.findIndex((shot) => shot.id === shown.id) + by + all.length) % all.length];
        if (next) large.value = { kind: "shot", id: next.id };
    } else if (shown) {
        const all = tiles().filter((tile) => tile.state === "there");
        const at = all.findIndex((tile) => tile.number === shown.number && tile.file === shown.file);
        const next = all[(at + by + all.length) % all.length];
        if (next) large.value = { kind: "portrait", number: next.number, file: next.file };
    }
}

const arrows = () => html`<button class="round before" aria-label=${t("previous")} @click=${() => move(-1)}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M14 6l-6 6 6 6" /></svg></button>
    <button class="round after" aria-label=${t("next")} @click=${() => move(1)}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M10 6l6 6-6 6" /></svg></button>`;

const closer = () => html`<button class="round close" aria-label=${t("close")} @click=${close}><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 7l10 10M17 7L7 17" /></svg></button>`;

/** Frames around the faces that were found. @param {import("./store.js").Shot} shot */
function frames({ report, width, height }) {
    if (!report?.faces.length || !width || !height) return nothing;
    return html`<svg class="frames" viewBox="0 0 ${width} ${height}" aria-hidden="true">
        ${report.faces.map((face) => svg`<rect x=${face.x * width} y=${face.y * height} width=${face.width * width} height=${face.height * height} rx=${Math.min(width, height) / 60} />`)}
    </svg>`;
}

/** A photo with its whole report. @param {string} id */
function shotView(id) {
    const shot = shots.value.find((one) => one.id === id);
    if (!shot) return nothing;
    const bad = shot.verdict === "rejected";
    return html`<div class="stage">${shot.thumb ? html`<span class="framed"><img src=${shot.thumb} alt=${shot.name} />${frames(shot)}</span>` : html`<span class="no-thumb">${shot.name}</span>`}${arrows()}</div>
        <div class="report">
            <p class="soft small">${shot.name}</p>
            <p class="now ${bad ? "bad" : ""}">${t(`verdict.${shot.verdict}`, { percent: shot.percent })}</p>
            ${bad ? html`<p>${why(shot)}</p>${shot.message && language.value === "en" ? html`<p class="soft">${sentence(shot.message)} ${shot.advice ?? ""}</p>` : nothing}` : nothing}
            ${bad ? nothing : noted(shot).map((found) => html`<p>${found.sentence}</p>${found.advice ? html`<p class="soft">${found.advice}</p>` : nothing}`)}
            ${shot.width ? html`<p class="soft">${t("photos.size", { width: shot.width, height: shot.height ?? 0 })}</p><p class="soft">${t("photos.as_sent")}</p>` : nothing}
            ${language.value === "en" ? shot.changes?.map((change) => html`<p class="soft small">${sentence(change)}</p>`) : nothing}
            <p class="row">
                ${bad ? html`<button @click=${() => { close(); replace(shot); }}>${t("photos.replace")}</button>` : nothing}
                ${screen.value !== "photos" || inUse() ? nothing : html`<button class="quiet" @click=${() => { close(); void remove(shot.id); }}>${t("photos.remove", { name: "" })}</button>`}
            </p>
        </div>${closer()}`;
}

/** A portrait with the words and the seed that made it. @param {number} number @param {number} place */
function portraitView(number, place) {
    const tile = tiles().find((one) => one.number === number && one.file === place);
    const address = picture(number, place);
    if (!tile) return nothing;
    const said = words(tile.order);
    return html`<div class="stage">${address ? html`<img src=${address} alt=${said} />` : nothing}${arrows()}</div>
        <div class="report">
            <p class="now">${said}</p>
            <p class="soft">${t("see.seed")}: <span class="number">${tile.order.seed}</span></p>
            <p class="row">
                <button @click=${() => save(ours(`/pictures/${number}/files/${place}`), `${called.value || "portrait"}-${number}-${place}.jpg`)}>${t("see.download")}</button>
                <button class="quiet" @click=${() => { close(); again(tile.order); }}>${t("see.same")}</button>
            </p>
        </div>${closer()}`;
}
