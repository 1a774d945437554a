// The memory that outlives a reload: IndexedDB keeps the session, the photos that are not up yet, and small pictures of all.
//
// Everything lies under the invitation, and goes with an erase. A browser that keeps nothing still works until it is
// closed.

import { createStore, del, entries, get, set } from "./vendor/idb-keyval/index.js";

/** @typedef {{ id: string, name: string, file: Blob | null, sum?: string, thumb: Blob | null, order: number }} Kept */

/** @type {ReturnType<typeof createStore> | undefined} */
let place;
const store = () => (place ??= createStore("likeness", "page"));

/** Runs something with the database; what fails is left out. @template T @param {() => Promise<T>} work @param {T} otherwise */
async function trying(work, otherwise) {
    try {
        return await work();
    } catch (error) {
        console.warn("nothing is kept by this browser", error);
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
