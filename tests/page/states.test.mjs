// States that test mode does not come by: money, a queue, a training that fails, portraits that are blanked. The server's
// documents are made up here, and the page shows them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SCREENS, next, settled, shot, stage, violations } from "./place.mjs";

const { server, browser } = await stage();

const AT = "2026-11-29T12:00:00.000Z";
const photo = { name: "a.jpg", state: "ready", width: 768, height: 1024, bytes: 9, changes: [] };
const avatar = { avatar_id: "3f0e8a52-7c7e-4c59-9d3c-0a4b8c2f6d11", user_id: "u", name: "Anna", gender: "female", created_at: AT, consented_at: AT, test_mode: false, training_config: {}, trainings: [], pictures: [] };
const training = { status: "in_progress", progress: 32, message: "…", created_at: AT, completed_at: null, stage: "queued", job: "j", request_id: "r", queue_position: 2, code: null, test_mode: false, model: null, rejected_photos: [] };
const done = { ...training, status: "completed", progress: 100, stage: "done", completed_at: AT, model: { trigger_phrase: "ohwx woman", file: { name: "m", length: 89_745_224, sha256: "0" }, url: "https://v3.fal.media/m" } };
const portraits = { status: "completed", message: "Done.", created_at: AT, stage: "done", number: 1, request_id: "r", queue_position: null, code: null, test_mode: false, seed: 7, prompt: "ohwx woman, at the sea", files: [], blanked: [] };

/** Opens the page with photos, at a server that shows this avatar once they are sent, with what it says of each photo. */
async function shown(seen, said = {}) {
    const context = await browser.newContext({ locale: "en-US", ...SCREENS.desk });
    const page = await context.newPage();
    let costs = false;
    await page.route("**/v1/offer", async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, json: { ...(await answer.json()), test_mode: !costs } });
        // The drawn photos are test mode's.
        costs = true;
    });
    await page.route("**/v1/redeem", (route) => route.fulfill({ json: { avatar_id: seen.avatar_id, capability: `lkc_${"0".repeat(64)}`, allowance: { trainings: 1, pictures: 20 } } }));
    const photos = [];
    await page.route("**/photos/*", (route) => {
        photos.push({ ...photo, ...said, photo_id: new URL(route.request().url()).pathname.split("/").at(-1) });
        return route.fulfill({ json: photos.at(-1) });
    });
    // A held call is never answered: nothing changes.
    await page.route(/\/v1\/avatars\/[^/]+$/, (route) =>
        route.request().headers().prefer ? undefined : route.fulfill({ json: { ...seen, photos }, headers: { etag: '"1"' } }),
    );
    await page.goto(server.link);
    await page.getByRole("button", { name: /Use ours/ }).click();
    await settled(page, 12);
    await page.reload();
    await page.locator("#name").fill("Anna");
    await page.locator("#consent").check();
    return page;
}

test("before money is spent, time and price are shown", async () => {
    const page = await shown(avatar);
    await page.getByText("About 7 minutes, 6.00 USD").waitFor();
    await page.locator("input[value=high]").check();
    await page.getByText("About 11 minutes, 9.60 USD").waitFor();
    await shot(page, "desk-price");
    assert.deepEqual(await violations(page), []);
    await page.context().close();
});

test("a queue tells how many are ahead", async () => {
    const page = await shown({ ...avatar, trainings: [training] });
    await next(page);
    await page.locator(".now", { hasText: "2 trainings are ahead" }).waitFor();
    await shot(page, "desk-queue");
    await page.context().close();
});

test("a training that failed says why, and can be ordered again", async () => {
    const failed = { ...training, status: "error", stage: "failed", code: "fal.rejected", message: "fal.ai could not train from these photos." };
    const page = await shown({ ...avatar, trainings: [failed] });
    await next(page);
    await page.locator(".note", { hasText: "could not train from these photos" }).waitFor();
    await page.getByRole("button", { name: /Train Anna/ }).waitFor();
    await shot(page, "desk-failed");
    assert.deepEqual(await violations(page), []);
    await page.context().close();
});

test("what the server found about a photo stands beside it", async () => {
    const failed = { ...training, status: "error", stage: "failed", code: "fal.rejected", message: "fal.ai could not train from these photos." };
    const advice = "Both count; a photo of another moment would teach more.";
    const findings = [{ code: "photo.look_alike", level: "warning", message: "it looks nearly like beach.jpg", of: "beach.jpg", advice }];
    const page = await shown({ ...avatar, trainings: [failed] }, { verdict: "usable", findings });
    await next(page);
    await page.locator("figure.usable", { hasText: "Nearly the same as beach.jpg." }).first().waitFor();
    await page.locator("figure.usable .ph").first().click();
    await page.locator("dialog.large").getByText(advice).waitFor();
    await shot(page, "desk-look-alike");
    await page.context().close();
});

test("portraits that did not succeed or were blanked say so", async () => {
    const file = { name: "1.jpg", length: 9, sha256: "0" };
    const pictures = [{ ...portraits, files: [file, file], blanked: [0, 1] }, { ...portraits, number: 2, status: "error", stage: "failed", code: "fal.content", message: "The prompt was refused." }];
    const page = await shown({ ...avatar, trainings: [done], pictures });
    await next(page);
    await page.locator(".wall .failed", { hasText: "The prompt was refused." }).waitFor();
    assert.equal(await page.locator(".wall .blanked").count(), 2);
    // The word that calls the person is the model's business.
    assert.equal(await page.locator(".label p").first().innerText(), "at the sea");
    await page.getByText("89.7").waitFor();
    await shot(page, "desk-blanked");
    assert.deepEqual(await violations(page), []);
    await page.context().close();
});
