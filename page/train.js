// The training under way: where it is, how long it takes, and the photos that are learned from.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { sheet } from "./photos.js";
import { stop } from "./steps.js";
import { avatar, busy, called, chosen, training } from "./store.js";
import { capital, minutes, t } from "./words.js";

/** @returns {HTMLDialogElement | null} */
const dialog = () => document.querySelector("dialog.stopping");

const STEPS = ["photos", "sent", "training", "portraits"];

/** Step of each stage. @type {Record<string, number>} */
const STEP = { preparing: 0, uploading: 1, submitting: 1, submission_unclear: 1, queued: 2, training: 2, collecting: 3, done: 3 };

/** The screen of a training. */
export function trainScreen() {
    const now = training.value;
    if (!now) return nothing;
    const at = STEP[now.stage] ?? 0;
    return html`<h1>${t("train.title", { name: called.value })}</h1>
        <p class="lead">${t("train.lead")}</p>
        <section class="run">
            <p class="now">${stage(now)}</p>
            <p class="soft">${left(now)}</p>
            <progress class="track" max="100" value=${now.progress} aria-label=${stage(now)}></progress>
            <ol class="steps">
                ${STEPS.map((name, index) => html`<li class=${index < at ? "over" : index === at ? "here" : ""} aria-current=${index === at ? "step" : nothing}>${t(`train.step_${name}`)}</li>`)}
            </ol>
            <p class="stop"><button class="link" aria-disabled=${busy.value} @click=${() => dialog()?.showModal()}>${t("train.stop")}</button></p>
        </section>
        <dialog class="ask stopping" aria-labelledby="stop-title">
            <h2 id="stop-title">${t("train.stop_title")}</h2>
            <p>${t("train.stop_what")}</p>
            <p class="row">
                <button class="quiet" autofocus @click=${() => dialog()?.close()}>${t("train.go_on")}</button>
                <button class="danger" @click=${() => { dialog()?.close(); void stop(); }}>${t("train.stop")}</button>
            </p>
        </dialog>
        ${sheet({ quiet: true })}`;
}

/** The stage in words. @param {import("./types.d.ts").Training} now */
export function stage(now) {
    const words = t(`train.${now.stage}`, { percent: now.progress });
    if (now.stage === "queued" && now.queue_position) return `${words}. ${t("train.ahead", { n: now.queue_position })}`;
    return words;
}

/** Says how long the training still takes, or why it does not go on. @param {import("./types.d.ts").Training} now */
function left(now) {
    if (now.code) return now.message;
    if (avatar.value?.test_mode) return t("test_mode");
    const whole = chosen.value?.seconds ?? 300;
    if (now.stage === "collecting") return capital(t("time.soon"));
    if (now.stage !== "training") return capital(t("time.then", { time: minutes(whole) }));
    // The server shows the training itself between 35 and 90 percent.
    const rest = whole * (1 - Math.max(0, now.progress - 35) / 55);
    return capital(rest > 60 ? t("time.left", { time: minutes(rest) }) : t("time.soon"));
}
