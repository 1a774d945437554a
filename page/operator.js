// The operator's page, at #operator: how the jobs of all avatars stand, what may still be spent, and the invites.
//
// The admin token is typed in and stays in this variable: nothing stores it, and no address holds it.

import { html, nothing, render, svg } from "./vendor/lit-html/lit-html.js";
import { repeat } from "./vendor/lit-html/directives/repeat.js";
import { effect, signal } from "./vendor/signals-core/signals-core.mjs";
import { Refusal, call, explained } from "./api.js";
import { head } from "./head.js";
import { onlyOne } from "./only-one.js";
import { busy, reached, trouble } from "./store.js";
import { knows, language, t } from "./words.js";

/** @typedef {import("./types.d.ts").Overview} Overview */
/** @typedef {Overview["jobs"][number]} Job */
/** @typedef {Overview["invites"][number]} Invite */

let token = "";

/** What the server told last. @type {import("./store.js").Signal<Overview | null>} */
const seen = signal(null);
/** Links of invites that were asked for, by the invite's id. @type {import("./store.js").Signal<Record<string, string>>} */
const links = signal({});
/** Sentence for screen readers. */
const said = signal("");
/** Id of the invite whose link is on the clipboard. */
const copied = signal("");

/** Milliseconds after which the page asks anew while it is looked at. */
const AGAIN = 30_000;

/** Number of ended orders that are shown. */
const MOST = 20;

/** Makes a call with the admin token. @param {string} method @param {string} path @param {unknown} [body] */
async function ask(method, path, body) {
    const answer = await call(method, path, { body, headers: { authorization: `Bearer ${token}` } });
    return answer.status === 204 ? null : answer.json();
}

/** Says what went wrong. A token that is refused is forgotten. @param {unknown} error */
function failed(error) {
    const refused = error instanceof Refusal && [401, 403].includes(error.status);
    if (refused) leave();
    trouble.value = refused ? t("operator.wrong") : explained(error);
}

/** Forgets the token and all that was seen with it. */
function leave() {
    token = "";
    seen.value = null;
    links.value = {};
    copied.value = "";
    trouble.value = "";
}

let looking = false;

/** Asks how things stand. */
async function look() {
    if (looking) return;
    looking = true;
    const mine = token;
    try {
        const overview = await ask("GET", "/v1/overview");
        // The operator may have left meanwhile.
        if (token !== mine) return;
        trouble.value = "";
        seen.value = overview;
    } catch (error) {
        if (token === mine) failed(error);
    } finally {
        looking = false;
    }
}

/** Does a button's work. @param {() => Promise<void>} work */
const step = (work) => onlyOne(work, failed);

/** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
function enter(event) {
    event.preventDefault();
    token = String(new FormData(event.currentTarget).get("token")).trim();
    void step(look).then(() => seen.value && document.querySelector("h1")?.focus());
}

/**
 * Gets an invite's link, and copies it. Likeness stores no invite's text, but makes the same one again for the same
 * terms: a PUT of what the list shows.
 *
 * @param {Invite} shown
 */
const copy = (shown) =>
    step(async () => {
        const { id, created_at } = shown;
        const path = `/v1/invites/${id}`;
        if (!links.value[id]) {
            // The list on this page may be old, and an invite that has ended since would be made anew.
            const { invites } = await ask("GET", "/v1/invites");
            const still = invites.find((/** @type {Invite} */ one) => one.id === id && one.live && one.created_at === created_at);
            const { label, expires_at, uses, steps, allowance } = still ?? shown;
            const made = still && (await ask("PUT", path, { label, expires_at, uses, steps, ...allowance }));
            if (made?.new) await ask("DELETE", path);
            if (!made || made.new) {
                trouble.value = t("operator.invite_over");
                return;
            }
            links.value = { ...links.value, [id]: `${location.origin}${location.pathname}#${made.token}` };
        }
        // Without HTTPS a browser has no clipboard for pages; the link stands there to be copied by hand.
        const done = await navigator.clipboard?.writeText(links.value[id]).then(() => true, () => false);
        copied.value = done ? id : "";
        said.value = t(done ? "operator.copied" : "operator.copy_by_hand");
        if (!done) queueMicrotask(() => /** @type {HTMLInputElement | null} */ (document.getElementById(`link-${id}`))?.select());
    });

/** The screen that asks for the token. */
const closed = () => html`<h1 tabindex="-1">${t("operator.closed")}</h1>
    <p class="lead">${t("operator.closed_lead")}</p>
    <form class="closed" @submit=${enter}>
        <label class="field">${t("operator.token")}<input name="token" type="password" autocomplete="off" spellcheck="false" required /></label>
        <button ?disabled=${busy.value}>${t("closed.open")}</button>
    </form>
    <p class="note-line" role="alert">${trouble.value}</p>`;

/** @param {Overview} all */
function opened(all) {
    const under_way = all.jobs.filter((job) => !job.ended_at);
    const ended = all.jobs.filter((job) => job.ended_at);
    const { completed, failed, cancelled, erased_avatars } = all.counts;
    const done = [["completed", completed], ["failed", failed], ["cancelled", cancelled], ["erased", erased_avatars]];
    return html`<h1 tabindex="-1">${t("operator.heading", { n: all.counts.under_way })}</h1>
        <p class="lead">${t("operator.as_of", { time: moment(all.at) })} <button class="link" @click=${look}>${t("operator.refresh")}</button></p>
        <p class="note-line" role="alert">${trouble.value || (reached.value ? "" : t("unreachable"))}</p>
        ${today(all)}
        <section aria-labelledby="jobs-heading">
            <h2 id="jobs-heading">${t("operator.jobs")} <small>${under_way.length ? "" : t("operator.none_under_way")}</small></h2>
            ${under_way.length ? jobs(under_way, all.at, t("operator.jobs")) : nothing}
        </section>
        <section aria-labelledby="ended-heading">
            <h2 id="ended-heading">${t("operator.ended")} <small>${t("operator.days", { n: 90 })}${all.complete ? "" : ` ${t("operator.incomplete")}`}</small></h2>
            <dl class="figures">${done.map(([name, n]) => html`<div><dt>${t(`operator.${name}`)}</dt><dd>${count(Number(n))}</dd></div>`)}</dl>
            ${ended.length ? jobs(ended.slice(0, MOST), all.at, t("operator.ended")) : nothing}
        </section>
        <section aria-labelledby="times-heading">
            <h2 id="times-heading">${t("operator.times")}</h2>
            ${times(all.training_times)}
        </section>
        <div class="pair">
            ${tally("failures", all.failures)}
            ${tally("rejected", all.rejected_photos)}
        </div>
        ${invites(all.invites)}
        <footer><button class="link" @click=${() => { leave(); document.querySelector("h1")?.focus(); }}>${t("operator.leave")}</button></footer>`;
}

/** What was bought today beside the day's caps. @param {Overview} all */
function today({ budget }) {
    const kinds = /** @type {("trainings" | "pictures")[]} */ (["trainings", "pictures"]);
    return html`<section aria-labelledby="today-heading">
        <h2 id="today-heading">${t("operator.today")} <small>${t("operator.resets", { time: moment(budget.resets_at) })}</small></h2>
        <div class="pair">
            ${kinds.map((kind) => {
                const [spent, most] = [budget.today[kind], budget.caps[kind]];
                return html`<div class="run"><p class="now" id="today-${kind}">${t(kind === "pictures" ? "operator.portraits" : "operator.trainings", { n: spent })} <span class="soft">${t("operator.of", { most: count(most) })}</span></p>
                    <progress class="track" aria-labelledby="today-${kind}" max=${Math.max(1, most)} value=${Math.min(spent, most)}></progress>
                    <p class="soft small">${spent < most ? t("operator.left", { n: most - spent }) : t("operator.nothing_left")}</p></div>`;
            })}
        </div>
    </section>`;
}

const WIDTH = 600;
const HEIGHT = 120;

/** Returns the number below which this share lies. @param {number[]} sorted @param {number} share */
const below = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** A bar for each training, the newest at the right. @param {{ ended_at: string, seconds: number }[]} all */
function times(all) {
    if (!all.length) return html`<p class="soft">${t("operator.no_times")}</p>`;
    const sorted = all.map((one) => one.seconds).sort((one, other) => one - other);
    const [median, most, longest] = [below(sorted, 0.5), below(sorted, 0.9), sorted.at(-1) ?? 0];
    const words = t("operator.times_words", { n: all.length, median: age(median * 1000), most: age(most * 1000), longest: age(longest * 1000) });
    const step = WIDTH / Math.max(all.length, 12);
    const tall = (/** @type {number} */ seconds) => Math.max(2, (seconds / Math.max(1, longest)) * HEIGHT);
    return html`<p class="soft">${words}</p>
        <svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${words} preserveAspectRatio="none">
            ${all.map(({ seconds }, index) => svg`<rect x=${WIDTH - (all.length - index) * step} y=${HEIGHT - tall(seconds)} width=${step - 2} height=${tall(seconds)}></rect>`)}
            <line x1="0" x2=${WIDTH} y1=${HEIGHT - tall(median)} y2=${HEIGHT - tall(median)} />
        </svg>`;
}

/** Writes a moment of the last days. @param {string} time */
function moment(time) {
    return new Intl.DateTimeFormat(language.value, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }).format(new Date(time));
}

/** Writes a number. @param {number} n @param {Intl.NumberFormatOptions} [options] */
const count = (n, options) => new Intl.NumberFormat(language.value, options).format(n);

/** Writes a time that has passed, in one or two units. @param {number} milliseconds */
function age(milliseconds) {
    const units = /** @type {[string, number][]} */ ([["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]]);
    const all = Math.max(0, Math.round(milliseconds / 1000));
    const first = units.findIndex(([, length]) => all >= length || length === 1);
    const parts = units.slice(first, first + 2).map(([unit, length], place) => [unit, Math.floor((place ? all % units[first][1] : all) / length)]);
    return parts.filter(([, n], place) => n || !place).map(([unit, n]) => count(Number(n), { style: "unit", unit: String(unit), unitDisplay: "short" })).join(" ");
}

/** Writes how many trainings and pictures. @param {{ trainings: number, pictures: number }} left */
const amount = ({ trainings, pictures }) => `${t("operator.trainings", { n: trainings })}, ${t("operator.portraits", { n: pictures })}`;

/** A table of orders. @param {Job[]} all @param {string} now @param {string} caption */
function jobs(all, now, caption) {
    const columns = ["stage", "order", "age", ...(all.some((job) => job.ended_at) ? ["took"] : []), "avatar"];
    return html`<div class="table"><table>
        <caption class="hidden">${caption}</caption>
        <thead><tr>${columns.map((name) => html`<th scope="col">${t(`operator.column_${name}`)}</th>`)}</tr></thead>
        <tbody>${repeat(all, (job) => `${job.avatar_id} ${job.kind} ${job.number}`, (job) => row(job, now))}</tbody>
    </table></div>`;
}

/** @param {Job} job @param {string} now */
function row(job, now) {
    const bad = job.status === "error" && job.stage !== "cancelled";
    const since = Date.parse(now) - Date.parse(job.ordered_at);
    return html`<tr>
        <th scope="row"><span class=${bad ? "bad" : ""}>${t(`stage.${job.stage}`)}</span>${job.code && job.stage !== "cancelled" ? html` <code>${job.code}</code>` : nothing}</th>
        <td>${t(`operator.${job.kind}`, { number: job.number })}${job.test_mode ? html` <span class="soft">${t("operator.test")}</span>` : nothing}</td>
        <td data-label=${t("operator.column_age")}>${age(since)}</td>
        ${job.ended_at ? html`<td data-label=${t("operator.column_took")}>${age(Date.parse(job.ended_at) - Date.parse(job.ordered_at))}</td>` : nothing}
        <td><code>${job.avatar_id}</code></td>
    </tr>`;
}

/** Reasons with how often each occurred. @param {"failures" | "rejected"} name @param {{ code: string, count: number }[]} all */
function tally(name, all) {
    const most = Math.max(1, ...all.map((one) => one.count));
    const word = (/** @type {string} */ code) => (knows(`reason.${code}`) ? html`${t(`reason.${code}`)} <code>${code}</code>` : html`<code>${code}</code>`);
    return html`<section aria-labelledby="${name}-heading">
        <h2 id="${name}-heading">${t(`operator.${name}`)}</h2>
        ${all.length
            ? html`<ul class="tally">${all.map((one) => html`<li><span>${word(one.code)}</span><b>${count(one.count)}</b><progress class="track" aria-hidden="true" max=${most} value=${one.count}></progress></li>`)}</ul>`
            : html`<p class="soft">${t(`operator.no_${name}`)}</p>`}
    </section>`;
}

/** @param {Invite[]} all */
function invites(all) {
    const shown = [...all].sort((one, other) => Number(other.live) - Number(one.live) || Date.parse(other.created_at) - Date.parse(one.created_at));
    return html`<section aria-labelledby="invites-heading">
        <h2 id="invites-heading">${t("operator.invites")}</h2>
        ${shown.length ? html`<ul class="invites">${repeat(shown, (one) => one.id, inviteView)}</ul>` : html`<p class="soft">${t("operator.no_invites")}</p>`}
    </section>`;
}

/** @param {Invite} one */
function inviteView(one) {
    const link = links.value[one.id];
    const end = one.live ? (one.expires_at ? t("operator.until", { time: moment(one.expires_at) }) : t("operator.no_end")) : t("operator.over");
    return html`<li class=${one.live ? "" : "soft"}>
        <div>
            <p><b>${one.label}</b> <code>${one.id}</code></p>
            <p class="soft small">${t("operator.invite_left", { left: amount(one.left) })} · ${t("operator.redeemed", { n: one.redeemed, uses: one.uses })} · ${end}</p>
        </div>
        ${one.live ? html`<button class="quiet" aria-label=${copied.value === one.id ? `${t("operator.copied_short")}: ${one.label}` : t("operator.copy_of", { label: one.label })} aria-disabled=${busy.value} @click=${() => copy(one)}>${t(copied.value === one.id ? "operator.copied_short" : "operator.copy")}</button>` : nothing}
        ${link ? html`<input id="link-${one.id}" class="linked" readonly aria-label=${t("operator.link_of", { label: one.label })} .value=${link} @focus=${(/** @type {any} */ event) => event.target.select()} />` : nothing}
    </li>`;
}

/** Draws the operator's page here, and draws it anew with what changes. @param {HTMLElement} root */
export function start(root) {
    addEventListener("hashchange", () => location.reload());
    const again = () => document.visibilityState === "visible" && seen.value && look();
    setInterval(again, AGAIN);
    addEventListener("visibilitychange", again);
    effect(() => {
        const all = seen.value;
        document.title = t("operator.title");
        document.documentElement.lang = language.value;
        const screen = html`${head(t("operator.mark"))}
            <main class="operator">${all ? opened(all) : closed()}</main>
            <div class="hidden" role="status" aria-live="polite">${said.value}</div>`;
        render(screen, root);
    });
}
