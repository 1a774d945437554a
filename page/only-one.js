// One button's work at a time: a second press meanwhile does nothing.

import { busy, trouble } from "./store.js";

/** Does a button's work, unless another's is under way. @param {() => Promise<void>} work @param {(error: unknown) => void} failed */
export async function onlyOne(work, failed) {
    if (busy.value) return;
    busy.value = true;
    trouble.value = "";
    try {
        await work();
    } catch (error) {
        failed(error);
    } finally {
        busy.value = false;
    }
}
