// The head of the page: its name, a remark, and the languages.

import { html, nothing } from "./vendor/lit-html/lit-html.js";
import { LANGUAGES, choose, language, t } from "./words.js";

/** The head with a remark beside the name, and a short one for phones. @param {string} [remark] @param {string} [short] */
export const head = (remark, short) => html`<header>
    <span class="word">Likeness</span>
    ${remark ? html`<span class="test"><span class="wide">${remark}</span><span class="narrow">${short ?? remark}</span></span>` : nothing}
    <nav aria-label=${t("language")}>
        ${LANGUAGES.map((name) => html`<button lang=${name} aria-pressed=${name === language.value} @click=${() => choose(name)}>${name.toUpperCase()}</button>`)}
    </nav>
</header>`;
