// The page's sentences: which language is spoken, and a sentence by its name.
//
// The files in words/ are written from the table in core/src/words/page.rs. Change a sentence there.

import { computed, signal } from "./vendor/signals-core/signals-core.mjs";

/** @typedef {"en" | "ru"} Language */
/** @typedef {string | Record<string, string>} Sentence One form, or a form for each category of plurals. */

/** @type {Language[]} */
export const LANGUAGES = ["en", "ru"];

const KEPT = "likeness.language";

/** The language of the page. */
export const language = signal(preferred());

/** @type {import("./vendor/signals-core/signals-core.mjs").Signal<Record<string, Sentence>>} */
const sentences = signal({});

const plurals = computed(() => new Intl.PluralRules(language.value));

/** Returns the language that was chosen here before, else the browser's. @returns {Language} */
function preferred() {
    let kept;
    try {
        kept = localStorage.getItem(KEPT);
    } catch {
        // A browser may keep nothing for this page.
    }
    const wanted = [kept, ...navigator.languages].map((name) => name?.slice(0, 2).toLowerCase());
    return /** @type {Language} */ (wanted.find((name) => LANGUAGES.includes(/** @type {Language} */ (name))) ?? "en");
}

/** Loads the sentences of a language, and speaks it from then on. @param {Language} wanted */
export async function speak(wanted) {
    const answer = await fetch(new URL(`./words/${wanted}.json`, import.meta.url));
    const loaded = await answer.json();
    sentences.value = loaded;
    language.value = wanted;
    document.documentElement.lang = wanted;
    document.title = t("title");
}

/** Speaks another language because the person chose it. @param {Language} wanted */
export async function choose(wanted) {
    await speak(wanted);
    try {
        localStorage.setItem(KEPT, wanted);
    } catch {
        // The choice holds until the page is closed.
    }
}

/** Tells whether there is a sentence of this name. @param {string} key */
export const knows = (key) => key in sentences.value;

/**
 * Returns a sentence. `{name}` in it is filled in from `values`; `n` chooses the form.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
    const found = sentences.value[key] ?? "";
    const form = typeof found === "string" ? found : found[plurals.value.select(Number(values.n))] ?? found.other;
    return form.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** Makes a sentence of a text that the server says in the middle of one. @param {string} text */
export const sentence = (text) => capital(text) + (/[.!?]$/.test(text) ? "" : ".");

/** Writes the first letter large. @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Writes a sum of money. @param {{ micros: number, currency: string }} price @param {number} [times] */
export function money({ micros, currency }, times = 1) {
    const format = new Intl.NumberFormat(language.value, { minimumFractionDigits: 2, maximumFractionDigits: 3 });
    return `${format.format((micros * times) / 1e6)}\u00a0${currency}`;
}

/** Writes about how many minutes that is. @param {number} seconds */
export const minutes = (seconds) => t("time.minutes", { n: Math.max(1, Math.round(seconds / 60)) });

/** Writes a day. @param {string} time */
export function day(time) {
    return new Intl.DateTimeFormat(language.value, { day: "numeric", month: "long", year: "numeric" }).format(new Date(time));
}

/** Writes a file's size. @param {number} bytes */
export function size(bytes) {
    const format = new Intl.NumberFormat(language.value, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });
    return format.format(bytes / 1e6);
}
