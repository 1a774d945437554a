// Whose photos these are: name, wording, quality, and the word that the person agreed.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { avatar, called, chosen, person, qualities as allowed, session } from "./store.js";
import { day, t } from "./words.js";

/** @param {Partial<import("./store.js").Person>} change */
const change = (change) => (person.value = { ...person.value, ...change });

/** The section about the person. What was sent with the invitation stays as it is. */
export function personSection() {
    const sent = session.value !== null;
    const { name, gender, consent } = person.value;
    return html`<section aria-labelledby="person-heading">
        <h2 id="person-heading">${t("person.heading")} <small>${sent ? called.value : ""}</small></h2>
        <div class="who">
            ${sent
                ? nothing
                : html`<label class="field">${t("person.name")}
                          <input id="name" maxlength="100" autocomplete="off" required .value=${name} @input=${(/** @type {any} */ event) => change({ name: event.target.value })} />
                      </label>
                      ${choice("gender", t("person.gender"), ["female", "male", "other"].map((value) => [value, t(`person.${value}`)]), gender, (gender) => change({ gender }))}`}
            ${qualities()}
        </div>
        ${sent
            ? avatar.value?.consented_at
                ? html`<p class="soft">${t("person.consented", { date: day(avatar.value.consented_at) })}</p>`
                : nothing
            : html`<label class="agree">
                  <input id="consent" type="checkbox" .checked=${consent} @change=${(/** @type {any} */ event) => change({ consent: event.target.checked })} />
                  <span>${t("person.consent")}</span>
              </label>`}
    </section>`;
}

/** The qualities that may be chosen; none to choose from where there is one. */
function qualities() {
    const all = allowed.value;
    if (all.length < 2) return nothing;
    const options = all.map((one) => [one.quality, t(`quality.${one.quality}`)]);
    return choice("quality", t("person.quality"), options, chosen.value?.quality ?? "", (quality) => change({ quality }));
}

/**
 * A choice of a few words.
 *
 * @param {string} name
 * @param {string} label
 * @param {string[][]} options Each a value and its word.
 * @param {string} chosen
 * @param {(value: string) => void} choose
 */
export function choice(name, label, options, chosen, choose) {
    return html`<fieldset class="field">
        <legend>${label}</legend>
        <div class="choice">
            ${options.map(
                ([value, word]) => html`<label><input type="radio" name=${name} value=${value} .checked=${value === chosen} @change=${() => choose(value)} /><span>${word}</span></label>`,
            )}
        </div>
    </fieldset>`;
}
