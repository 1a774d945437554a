// The page: photos in, portraits out. Draws the screen that the state asks for, and draws it anew when the state changes.

import { html, nothing, render } from "./vendor/lit-html/lit-html.js";
import { computed, effect } from "./vendor/signals-core/signals-core.mjs";
import { bar } from "./bar.js";
import { closedScreen } from "./closed.js";
import { eraseSection, goneScreen } from "./erase.js";
import { add, dropped, lookAgain } from "./gather.js";
import { follow } from "./follow.js";
import { head } from "./head.js";
import { largeView, showLarge } from "./large.js";
import { personSection } from "./person.js";
import { photosIntro, sheet } from "./photos.js";
import { seeScreen } from "./see.js";
import { keepPerson } from "./shelf.js";
import { open, trainAsAgreed } from "./steps.js";
import { busy, counted, invite, offer, person, reached, said, screen, session, training, trouble } from "./store.js";
import { trainScreen } from "./train.js";
import { language, speak, t } from "./words.js";

const root = /** @type {HTMLElement} */ (document.getElementById("page"));

/** The photos of a training that did not succeed are there again, with the reason. */
function failed() {
    const last = training.value;
    if (!last || last.status !== "error") return nothing;
    return html`<p class="note" role="status"><b>${t(last.stage === "cancelled" ? "train.cancelled" : "train.failed")}.</b> ${last.stage === "cancelled" ? "" : last.message}</p>`;
}

const SCREENS = {
    closed: closedScreen,
    gone: goneScreen,
    photos: () => html`${photosIntro()}${failed()}${sheet()}${personSection()}${eraseSection()}`,
    train: () => html`${trainScreen()}${eraseSection()}`,
    see: () => html`${seeScreen()}${eraseSection()}`,
};

/** The whole page. */
const page = () => html`${offer.value?.test_mode ? head(t("test_mode"), t("test_mode_short")) : head()}
    <main class=${screen.value}>${SCREENS[screen.value]()}</main>
    ${bar()}${largeView()}
    <div class="drop-here" aria-hidden="true">${t("photos.drop")}</div>
    <div class="hidden" role="status" aria-live="polite">${said.value}</div>`;

/** Takes photos that are dropped anywhere on the page, or pasted. */
function listen() {
    let depth = 0;
    // Elsewhere too, a browser would leave the page and show the file.
    const files = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") && (event.preventDefault(), screen.value === "photos");
    const mark = (/** @type {number} */ change) => {
        depth = change === 0 ? 0 : depth + change;
        document.body.classList.toggle("dropping", depth > 0);
    };
    addEventListener("dragenter", (event) => files(event) && mark(1));
    addEventListener("dragleave", (event) => files(event) && mark(-1));
    addEventListener("dragover", files);
    addEventListener("drop", (event) => {
        if (!files(event) || !event.dataTransfer) return;
        mark(0);
        void dropped(event.dataTransfer).then(add);
    });
    addEventListener("paste", (event) => {
        const pasted = [...(event.clipboardData?.files ?? [])];
        if (screen.value === "photos" && pasted.length) void add(pasted);
    });
    // A phone freezes a page in the background: what happened meanwhile is asked for.
    addEventListener("visibilitychange", () => {
        if (document.visibilityState === "visible" && session.value) follow();
    });
    addEventListener("online", () => (session.value ? follow() : lookAgain()));
    addEventListener("hashchange", () => location.reload());
}

/** Draws the page, and draws it anew whenever the state changes. */
function draw() {
    let before = "";
    effect(() => {
        render(page(), root);
        showLarge();
        if (before && before !== screen.value) arrive();
        before = screen.value;
    });
}

await speak(language.value);
if (location.hash === "#operator") {
    // Nobody else needs the script of that page.
    const { start } = await import("./operator.js");
    start(root);
} else {
    await open();
    listen();
    draw();
}

/** Begins a screen at its top, for eyes and for a screen reader. */
function arrive() {
    scrollTo({ top: 0 });
    const heading = /** @type {HTMLElement | null} */ (document.querySelector("h1"));
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
}

effect(() => {
    if (counted.value.all && !busy.value) queueMicrotask(trainAsAgreed);
});

// A screen reader is told each stage once, and the photos once all were looked at: not every percent.
const stageNow = computed(() => training.value?.stage);
effect(() => {
    if (stageNow.value) tell(t(`train.${stageNow.value}`, { percent: training.peek()?.progress ?? 0 }));
});
effect(() => {
    const problem = trouble.value || (reached.value ? "" : t("offline"));
    tell(problem);
});
// What is filled in outlives a reload.
effect(() => {
    if (invite.value && !session.value) void keepPerson(invite.value, person.value);
});
const lookedAt = computed(() => (screen.value === "photos" && counted.value.all && !counted.value.open ? t("photos.used", { n: counted.value.good, all: counted.value.all }) : ""));
effect(() => {
    if (lookedAt.value) tell(lookedAt.value);
});

/** @param {string} words */
function tell(words) {
    queueMicrotask(() => (said.value = words));
}
