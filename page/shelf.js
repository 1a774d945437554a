// The memory that outlives a reload: IndexedDB keeps the session, the photos that are not up yet, and small pictures of all.
//
// Everything lies under the invitation, and goes with an erase. A browser that keeps nothing still works until it is
// closed.

import { keeps } from "./store.js";
import { createStore, del, entries, get, set } from "./vendor/idb-keyval/index.js";

/**
 * @typedef {object} Kept A photo as it is kept.
 * @property {string} id Id at the server.
 * @property {string} name Name of the file.
 * @property {Blob | null} file Bytes, until they are up.
 * @property {string} [sum] Equal for photos that are the same once they are clean.
 * @property {Blob | null} thumb Small picture.
 * @property {import("./check.js").Report} [report] Its looks, once it was checked.
 * @property {number} order Place among the others.
 * @property {boolean} [leaving] True for a photo that was taken off the sheet, until the server has deleted it.
 */

/** @type {ReturnType<typeof createStore> | undefined} */
let place;
const store = () => (place ??= createStore("likeness", "page"));

/** Runs something with the database; what fails is left out. @template T @param {() => Promise<T>} work @param {T} otherwise */
async function trying(work, otherwise) {
    try {
        return await work();
    } catch (error) {
        console.warn("nothing is kept by this browser", error);
        keeps.value = false;
        return otherwise;
    }
}

/** Keeps the session under its invitation, as the one that was open last. @param {string} invite @param {object} session */
export const keepSession = (invite, session) =>
    trying(async () => {
        await set(`session ${invite}`, session, store());
        await set("last", invite, store());
    }, undefined);

/** Finds what was kept under an invitation. @param {string} invite @returns {Promise<any>} */
export const findSession = (invite) => trying(() => get(`session ${invite}`, store()), undefined);

/** Keeps what was filled in about the person, but not their word. @param {string} invite @param {import("./store.js").Person} person */
export const keepPerson = (invite, person) => trying(() => set(`person ${invite}`, { ...person, consent: false }, store()), undefined);

/** Finds what was filled in. @param {string} invite @returns {Promise<import("./store.js").Person | undefined>} */
export const keptPerson = (invite) => trying(() => get(`person ${invite}`, store()), undefined);

/** Names the invitation that was open last. @returns {Promise<string | undefined>} */
export const lastInvite = () => trying(() => get("last", store()), undefined);

/** Keeps a photo. @param {string} invite @param {Kept} photo */
export const keepPhoto = (invite, photo) => trying(() => set(`photo ${invite} ${photo.id}`, photo, store()), undefined);

/** Changes a photo that is kept. @param {string} invite @param {string} id @param {Partial<Kept>} change */
export const alterPhoto = (invite, id, change) =>
    trying(async () => {
        const kept = await get(`photo ${invite} ${id}`, store());
        if (kept) await set(`photo ${invite} ${id}`, { ...kept, ...change }, store());
    }, undefined);

/** Forgets a photo. @param {string} invite @param {string} id */
export const dropPhoto = (invite, id) => trying(() => del(`photo ${invite} ${id}`, store()), undefined);

/** Lists the photos of an invitation in the order of adding. @param {string} invite @returns {Promise<Kept[]>} */
export const keptPhotos = (invite) =>
    trying(async () => {
        const all = await entries(store());
        const ours = all.filter(([key]) => String(key).startsWith(`photo ${invite} `)).map(([, kept]) => kept);
        return ours.sort((one, other) => one.order - other.order);
    }, []);

/** Forgets everything under an invitation. @param {string} invite */
export const forget = (invite) =>
    trying(async () => {
        for (const [key] of await entries(store())) {
            if (String(key).includes(` ${invite}`) || key === "last") await del(key, store());
        }
    }, undefined);
