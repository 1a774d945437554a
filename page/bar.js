// The bar at the foot of the page: the one thing to do next, with its time and its price.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { pick } from "./photos.js";
import { begin, beginAndTrain, order, train } from "./steps.js";
import { avatar, busy, called, chosen, counted, gives, offer, orders, person, reached, screen, session, trouble, wish } from "./store.js";
import { capital, minutes, money, t } from "./words.js";

/** @typedef {{ text: string, hint?: string, action?: string, run?: () => void, percent?: number }} Next */

/** Leads to a field that is empty. @param {string} id */
function lead(id) {
    const field = document.getElementById(id);
    field?.scrollIntoView({ block: "center" });
    field?.focus();
}

/** The next thing on the way to a training. @returns {Next} */
function beforeTraining() {
    const { min, max } = offer.value?.photos ?? { min: 10, max: 20 };
    const { all, good, looking, open, hopeful, percent } = counted.value;
    const { name, consent } = person.value;
    const add = t("photos.add");
    if (!all) return { text: t("bar.none"), hint: t("bar.range", { min, max }), action: add, run: pick };
    if (hopeful < min) {
        const key = session.value && !open ? "bar.more_good" : "bar.more";
        return { text: t(key, { n: min - hopeful }), hint: t("bar.range", { min, max }), action: add, run: pick };
    }
    // Nothing is begun before its price is known.
    if (!chosen.value || !(gives.value || session.value)) return { text: t("bar.asking") };
    if (!session.value) {
        if (!name.trim()) return { text: t("bar.who"), hint: t("bar.who_hint"), action: t("bar.continue"), run: () => lead("name") };
        if (!consent) return { text: t("bar.agrees"), hint: t("bar.agrees_hint"), action: t("bar.continue"), run: () => lead("consent") };
        if (looking) return { text: t("bar.looking"), hint: t("bar.looking_hint", { n: all - looking, all }) };
        // What the browser could not look at, the server does first.
        if (open) return { text: t("bar.checkable", { n: hopeful }), hint: t("bar.check_hint"), action: t("bar.check", { n: hopeful }), run: begin };
    }
    if (session.value && open) return { text: t("bar.sending", { n: all - open, all }), hint: t("bar.sending_hint"), percent };
    if (good > max) return { text: t("bar.fewer", { n: good - max }), hint: t("bar.fewer_hint", { max }) };
    const training = chosen.value;
    const cost = training ? { time: minutes(training.seconds), price: money(training.price) } : { time: "", price: "" };
    const photos = t("photos.count", { n: good });
    const free = offer.value?.test_mode;
    return {
        text: free ? t("bar.free") : capital(t("bar.cost", cost)),
        hint: t(free ? "bar.free_hint" : "bar.train_hint", { photos, ...cost }),
        action: t("bar.train", { name: called.value }),
        run: session.value ? () => train(training?.quality) : beginAndTrain,
    };
}

/** @returns {Next} */
function withModel() {
    const { count, prompt } = wish.value;
    const action = t(orders.value.length ? "see.more" : "see.order", { n: count });
    if (!prompt.trim()) return { text: t("see.empty"), hint: t("see.time"), action, run: () => lead("prompt") };
    const price = offer.value ? money(offer.value.pictures.price, count) : "";
    const text = avatar.value?.test_mode ? t("see.free", { n: count }) : t("see.price", { n: count, price });
    return { text, hint: t("see.time"), action, run: order };
}

/** The bar. */
export function bar() {
    const now = screen.value;
    if (now === "closed" || now === "gone") return nothing;
    const problem = trouble.value || (reached.value ? "" : t("offline"));
    // There is nothing to do while a model is trained.
    if (now === "train" && !problem) return nothing;
    /** @type {Next} */
    const next = now === "photos" ? beforeTraining() : now === "train" ? { text: "" } : withModel();
    return html`<div class="bar" role="region" aria-label=${t("next")}>
        ${next.percent === undefined ? nothing : html`<progress max="100" value=${next.percent} aria-label=${next.text}></progress>`}
        <div>
            <p class=${problem ? "problem" : ""}>${problem || next.text}<small>${problem ? "" : next.hint ?? ""}</small></p>
            ${next.action ? html`<button aria-disabled=${busy.value} @click=${busy.value ? nothing : next.run}>${busy.value ? t("busy") : next.action}</button>` : nothing}
        </div>
    </div>`;
}
