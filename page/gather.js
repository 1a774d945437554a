// Photos from wherever they come: the picker, the camera, a folder, a ZIP, a drop, the clipboard, or the samples.

import { check, recover } from "./check.js";
import { alterPhoto, dropPhoto, keepPhoto } from "./shelf.js";
import { alter, fit, invite, leaving, said, samples, session, shots, trouble } from "./store.js";
import { thumb } from "./thumbs.js";
import { unzip } from "./unzip.js";
import { abandon, send } from "./upload.js";
import { Lost, Refusal, call, connection, explained, ours, pause, uuid } from "./api.js";
import { follow } from "./follow.js";
import { t } from "./words.js";

const PHOTO = /\.(jpe?g|jfif|png|webp|hei[cf]|hif|avif|gif|tiff?|bmp|dng)$/i;
const ZIP = /\.zip$/i;

/** Tells whether a path in a folder or ZIP is a photo's, and not a system's own file. @param {string} path */
const isPhoto = (path) => PHOTO.test(path) && !/(^|\/)(\.|__MACOSX\/)/.test(path);

let order = Date.now();

/** Adds files, in their order. @param {Iterable<File>} files */
export async function add(files) {
    trouble.value = "";
    /** @type {File[]} */
    const photos = [];
    let skipped = 0;
    for (const file of files) {
        if (ZIP.test(file.name) || file.type === "application/zip") {
            try {
                const found = await unzip(file, isPhoto);
                photos.push(...found.files);
                skipped += found.skipped;
                if (!found.files.length) trouble.value = t("photos.zip_none");
            } catch {
                trouble.value = t("photos.zip_broken");
            }
        } else if (isPhoto(file.name) || (file.type.startsWith("image/") && !file.name.startsWith("."))) {
            photos.push(file);
        } else {
            skipped++;
        }
    }
    const added = photos.map(place);
    const words = [added.length ? t("photos.added", { n: added.length }) : "", skipped ? t("photos.skipped", { n: skipped }) : ""];
    said.value = words.filter(Boolean).join(". ");
    if (skipped && !added.length && !trouble.value) trouble.value = t("photos.skipped", { n: skipped });
    await Promise.all(added);
}

/** Puts one photo on the sheet: at once, and then its small picture and its verdict. @param {File} file */
async function place(file) {
    const id = `p${uuid().slice(0, 13)}`;
    const name = file.name || "photo.jpg";
    shots.value = [...shots.value, { id, name, file, thumb: null, verdict: "looking", percent: 0 }];
    const at = order++;
    // Before anything that takes time: a reload must not lose it.
    void keepPhoto(invite.value ?? "", { id, name, file, thumb: null, order: at });
    await look({ id, name, file, thumb: null, order: at });
}

/** Makes a photo's small picture and its verdict. @param {import("./shelf.js").Kept & { file: Blob }} photo */
async function look({ id, name, file, thumb: known, order: at }) {
    const small = known ?? (await thumb(file));
    if (small && !known) alter(id, { thumb: URL.createObjectURL(small) });
    const checked = await check(file);
    if (!shots.value.some((shot) => shot.id === id)) return;
    const clean = checked.normalised ?? file;
    // What this browser cannot show, the check made a JPEG of.
    const picture = small ?? (checked.normalised ? await thumb(clean) : null);
    if (picture && !small) alter(id, { thumb: URL.createObjectURL(picture) });
    const verdict = checked.verdict === "unknown" ? "waiting" : checked.verdict;
    const { code, sentence, advice, changes, sum, width, height, report } = checked;
    const first = sum && shots.value.find((shot) => shot.sum === sum && shot.verdict !== "rejected");
    if (first) alter(id, { verdict: "rejected", code: "photo.duplicate", of: first.name, sum, file: clean });
    else alter(id, { file: clean, verdict, code, message: sentence, advice, changes, sum, width, height, report });
    await keepPhoto(invite.value ?? "", { id, name, file: clean, sum, thumb: picture, report, order: at });
    if (!first && verdict !== "rejected") send();
}

/** Puts the photos of an earlier visit on the sheet again. @param {import("./shelf.js").Kept[]} kept */
export function restore(kept) {
    /** @type {Map<string, string>} */
    const sums = new Map();
    const [gone, here] = [kept.filter((photo) => photo.leaving), kept.filter((photo) => !photo.leaving)];
    shots.value = here.map(({ id, name, file, sum, thumb, report }) => {
        const address = thumb ? URL.createObjectURL(thumb) : null;
        const shot = { id, name, file, sum, report, thumb: address, percent: 0, there: !file };
        const of = file && sum && sums.get(sum);
        if (sum && !of) sums.set(sum, name);
        if (!file) return { ...shot, verdict: "checking" };
        if (!sum) return { ...shot, verdict: "looking" };
        // A clean photo is not made clean again: each time would cost a little of its quality.
        return of ? { ...shot, verdict: "rejected", code: "photo.duplicate", of } : { ...shot, verdict: fit(shot) };
    });
    for (const { id } of gone) void leave(id);
    for (const photo of here) if (photo.file && !photo.sum) void look({ ...photo, file: photo.file });
    send();
}

/** Looks again at photos that were not looked at here, before anything is sent. */
export function lookAgain() {
    if (session.value) return;
    recover();
    for (const shot of shots.value) {
        if (shot.verdict !== "waiting" || !shot.file) continue;
        alter(shot.id, { verdict: "looking" });
        void look({ ...shot, file: shot.file, thumb: null, order: order++ });
    }
}

/** Takes a photo off the sheet, and from the server where it is there. @param {string} id */
export async function remove(id) {
    const shot = shots.value.find((one) => one.id === id);
    if (!shot) return;
    const place = shots.value.indexOf(shot);
    abandon(id);
    shots.value = shots.value.filter((one) => one.id !== id);
    if (shot.thumb) URL.revokeObjectURL(shot.thumb);
    // What was left out since this one was there takes its place.
    const same = shot.sum && shot.verdict !== "rejected" && shots.value.find((one) => one.sum === shot.sum);
    if (same) alter(same.id, { verdict: fit(same), code: undefined });
    send();
    refocus(place);
    if (!session.value) return dropPhoto(invite.value ?? "", id);
    await alterPhoto(invite.value ?? "", id, { file: null, thumb: null, leaving: true });
    await leave(id);
}

/** Deletes a photo at the server. Until that is done, nothing is ordered. @param {string} id */
export async function leave(id) {
    if (leaving.value.has(id)) return;
    leaving.value = new Set(leaving.value).add(id);
    let failures = 0;
    while (session.value) {
        try {
            await call("DELETE", ours(`/photos/${id}`));
            break;
        } catch (error) {
            if (error instanceof Lost) {
                await connection(Math.min(30, 2 ** failures++));
            } else if (error instanceof Refusal && error.wait) {
                await pause(error.wait);
            } else {
                // An order uses the photo: what the server has is shown again.
                trouble.value = explained(error);
                break;
            }
        }
    }
    leaving.value = new Set([...leaving.value].filter((one) => one !== id));
    await dropPhoto(invite.value ?? "", id);
    follow();
}

/** Leads to the photo that took another's place, once the page is drawn: a keyboard would be lost. @param {number} place */
function refocus(place) {
    queueMicrotask(() => {
        if (document.activeElement !== document.body) return;
        const photos = document.querySelectorAll(".sheet .ph");
        const next = photos[Math.min(place, photos.length - 1)] ?? document.querySelector(".add input");
        /** @type {HTMLElement | null} */ (next)?.focus({ preventScroll: true });
    });
}

/** Collects the files of a drop, folders included. @param {DataTransfer} data @returns {Promise<File[]>} */
export async function dropped(data) {
    const entries = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.some((entry) => entry?.isDirectory)) return [...data.files];
    /** @type {File[]} */
    const files = [];
    /** @param {any} entry */
    const walk = async (entry) => {
        if (entry.isFile) {
            const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
            if (isPhoto(file.name) || ZIP.test(file.name)) files.push(file);
            return;
        }
        const reader = entry.createReader();
        for (;;) {
            // A reader gives a hundred at a time, and nothing at the end.
            const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
            if (!some.length) return;
            for (const one of some) await walk(one);
        }
    };
    for (const entry of entries) await walk(entry);
    return files;
}

/** Finds out whether the server has drawn photos. */
export async function findSamples() {
    const answer = await fetch("/page/samples/index.json").catch(() => null);
    const found = answer?.ok ? await answer.json() : null;
    if (found?.photos.length) samples.value = found;
}

/** Fetches drawn photos by their names. @param {string[]} names */
export async function addSamples(names) {
    const files = names.map(async (name) => {
        const answer = await fetch(`/page/samples/${name}`);
        return new File([await answer.blob()], name);
    });
    await add(await Promise.all(files));
}
