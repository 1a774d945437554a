// Erasing everything: the one question of the page, and what is told afterwards.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { again, erase } from "./steps.js";
import { busy, called, erased, session, shots, shut } from "./store.js";
import { day, knows, t } from "./words.js";

/** @returns {HTMLDialogElement | null} */
const dialog = () => document.querySelector("dialog.erasing");

/** The way to the question, at the end of the page. */
export function eraseSection() {
    if (!session.value && !shots.value.length) return nothing;
    return html`<footer><button class="link danger" @click=${() => dialog()?.showModal()}>${t("erase.open")}</button></footer>
        <dialog class="ask erasing" aria-labelledby="erase-title">
            <h2 id="erase-title">${session.value ? t("erase.title", { name: called.value }) : t("erase.here_title")}</h2>
            <p>${t(session.value ? "erase.what" : "erase.here")}</p>
            ${session.value ? html`<p class="soft">${t("erase.fal")} ${t("erase.own")}</p>` : nothing}
            <p class="row">
                <button class="quiet" autofocus @click=${() => dialog()?.close()}>${t("erase.no")}</button>
                <button class="danger" ?disabled=${busy.value} @click=${() => { dialog()?.close(); void erase(); }}>${t("erase.yes")}</button>
            </p>
        </dialog>`;
}

/** The screen after everything was erased. */
export function goneScreen() {
    const remains = erased.value?.remains_at_fal ?? [];
    return html`<h1>${t("gone.title")}</h1>
        <p class="lead">${t("gone.lead")} ${remains.length ? "" : t("gone.nothing")}</p>
        ${remains.length
            ? html`<section><h2>${t("gone.remains")}</h2><ul class="plain">
                  ${remains.map((one) => html`<li>${t("gone.until", { what: knows(`gone.${one.what}`) ? t(`gone.${one.what}`) : one.what, date: day(one.until) })}</li>`)}
              </ul></section>`
            : nothing}
        ${shut.value ? nothing : html`<p><button class="quiet" @click=${again}>${t("gone.again")}</button></p>`}`;
}
