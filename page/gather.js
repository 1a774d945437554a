// Photos from wherever they come: the picker, the camera, a folder, a ZIP, a drop, the clipboard, or the samples.

import { check } from "./check.js";
import { dropPhoto, keepPhoto } from "./shelf.js";
import { alter, invite, removed, said, samples, session, shots, trouble } from "./store.js";
import { thumb } from "./thumbs.js";
import { unzip } from "./unzip.js";
import { send } from "./upload.js";
import { call, ours, uuid } from "./api.js";
import { follow } from "./follow.js";
import { t } from "./words.js";

const PHOTO = /\.(jpe?g|jfif|png|webp|hei[cf]|avif|gif|tiff?|bmp|dng)$/i;
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
                photos.push(...(await unzip(file, isPhoto)));
            } catch {
                trouble.value = t("photos.zip_broken");
            }
        } else if (file.type.startsWith("image/") || isPhoto(file.name)) {
            photos.push(file);
        } else {
            skipped++;
        }
    }
    const added = photos.map(place);
    const words = [added.length ? t("photos.added", { n: added.length }) : "", skipped ? t("photos.skipped", { n: skipped }) : ""];
    said.value = words.filter(Boolean).join(". ");
    if (skipped && !added.length) trouble.value = t("photos.skipped", { n: skipped });
    await Promise.all(added);
}

/** Puts one photo on the sheet: at once, and then its small picture and its verdict. @param {File} file */
async function place(file) {
    const id = `p${uuid().slice(0, 13)}`;
    const name = file.name || "photo.jpg";
    shots.value = [...shots.value, { id, name, file, thumb: null, verdict: "looking", percent: 0 }];
    const at = order++;
    const key = invite.value ?? "";
    // Before anything that takes time: a reload must not lose it.
    await keepPhoto(key, { id, name, file, thumb: null, order: at });
    await look({ id, name, file, thumb: null, order: at });
}

/** Makes a photo's small picture and its verdict. @param {import("./shelf.js").Kept & { file: Blob }} photo */
async function look({ id, name, file, thumb: known, order: at }) {
    const small = known ?? (await thumb(file));
    if (small && !known) alter(id, { thumb: URL.createObjectURL(small) });
    const checked = await check(file);
    if (!shots.value.some((shot) => shot.id === id)) return;
    const clean = checked.normalised ?? file;
    const verdict = checked.verdict === "unknown" ? "waiting" : checked.verdict;
    const { code, sentence, advice, changes, sum, width, height } = checked;
    const first = sum && shots.value.find((shot) => shot.sum === sum && shot.verdict !== "rejected");
    if (first) alter(id, { verdict: "rejected", code: "photo.duplicate", of: first.name, sum, file: clean });
    else alter(id, { file: clean, verdict, code, message: sentence, advice, changes, sum, width, height });
    await keepPhoto(invite.value ?? "", { id, name, file: clean, sum, thumb: small, order: at });
    if (!first && verdict !== "rejected") send();
}

/** Puts the photos of an earlier visit on the sheet again. @param {import("./shelf.js").Kept[]} kept */
export function restore(kept) {
    /** @type {Map<string, string>} */
    const sums = new Map();
    shots.value = kept.map(({ id, name, file, sum, thumb }) => {
        const address = thumb ? URL.createObjectURL(thumb) : null;
        const shot = { id, name, file, sum, thumb: address, percent: 0, there: !file };
        if (!file) return { ...shot, verdict: "checking" };
        if (!sum) return { ...shot, verdict: "looking" };
        // A clean photo is not made clean again: each time would cost a little of its quality.
        const of = sums.get(sum);
        if (of) return { ...shot, verdict: "rejected", code: "photo.duplicate", of };
        sums.set(sum, name);
        return { ...shot, verdict: "good" };
    });
    for (const photo of kept) if (photo.file && !photo.sum) void look({ ...photo, file: photo.file });
    send();
}

/** Takes a photo off the sheet, and from the server where it is there. @param {string} id */
export async function remove(id) {
    const shot = shots.value.find((one) => one.id === id);
    if (!shot) return;
    removed.add(id);
    shots.value = shots.value.filter((one) => one.id !== id);
    if (shot.thumb) URL.revokeObjectURL(shot.thumb);
    // What was left out since this one was there takes its place.
    const same = shot.sum && shot.verdict !== "rejected" && shots.value.find((one) => one.sum === shot.sum);
    if (same) alter(same.id, { verdict: "good", code: undefined });
    await dropPhoto(invite.value ?? "", id);
    if (session.value) {
        await call("DELETE", ours(`/photos/${id}`)).catch((error) => console.warn(error));
        follow();
    }
    send();
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
