// The page without an invitation that counts.

import { html } from "./vendor/lit-html/lit-html.js";
import { tryInvite } from "./steps.js";
import { shut } from "./store.js";
import { t } from "./words.js";

/** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
function submit(event) {
    event.preventDefault();
    tryInvite(String(new FormData(event.currentTarget).get("invite")));
}

/** The screen that asks for an invitation. */
export function closedScreen() {
    return html`<h1>${t("closed.title")}</h1>
        <p class="lead">${shut.value ? t(shut.value) : t("closed.lead")}</p>
        <form class="closed" @submit=${submit}>
            <label class="field">${t("closed.label")}<input name="invite" autocomplete="off" spellcheck="false" required /></label>
            <button>${t("closed.open")}</button>
        </form>`;
}
