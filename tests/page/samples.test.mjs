// The drawn photos: the broken one is replaced, and what remains at hand of photos and model once the training began.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { next, open, prepare, settled, shot, stage } from "./place.mjs";

// Long enough to look around while it trains.
const { server, browser } = await stage({ env: { FAL_MOCK_TRAINING_DURATION: "10" } });

for (const [locale, words] of [["en-US", "Replace the broken one"], ["ru-RU", "Заменить испорченное"]]) {
    test(`the broken one is replaced by one press, in ${locale}`, async () => {
        const page = await open(browser, server.link, { locale });
        await prepare(page);
        assert.equal(await page.locator("figure.bad").count(), 1);
        await shot(page, `samples-broken-${locale}`);
        await page.getByRole("button", { name: words }).click();
        await settled(page, 12);
        assert.equal(await page.locator("figure.bad").count(), 0);
        assert.equal(await page.getByRole("button", { name: words }).count(), 0);
        await shot(page, `samples-replaced-${locale}`);
        assert.deepEqual(page.complaints, []);
        await page.context().close();
    });
}

test("the broken one is replaced from its large view", async () => {
    const page = await open(browser, server.link);
    await prepare(page);
    await page.locator("figure.bad .ph").click();
    await page.locator("dialog.large .report button").first().click();
    await settled(page, 12);
    assert.equal(await page.locator("figure.bad").count(), 0);
    await page.context().close();
});

/** Opens a photo, and closes it again. */
async function look(page, photos) {
    await photos.locator("figure .ph").first().click();
    await page.locator("dialog.large[open] .report").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog.large[open]").waitFor({ state: "detached" });
}

test("photos stay at hand while it trains and afterwards, and the model is saved", async () => {
    const page = await open(browser, server.link);
    await prepare(page);
    await next(page);
    const training = page.locator("main.train .sheet");
    await training.waitFor();
    assert.equal(await training.locator("figure").count(), 11, "the good ones");
    await look(page, training);
    await page.locator("main.see").waitFor({ timeout: 90_000 });
    const folded = page.locator("details.folded");
    assert.equal(await folded.locator("figure").first().isVisible(), false);
    await folded.locator("summary").press("Enter");
    await folded.locator("figure").first().waitFor({ state: "visible" });
    assert.equal(await folded.locator("figure").count(), 11);
    await look(page, folded);
    const button = page.locator("section[aria-labelledby=model-heading] button");
    const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
    assert.equal(download.suggestedFilename(), "Anna.safetensors");
    const model = await readFile(await download.path());
    // A safetensors file begins with the length of its header.
    const header = JSON.parse(model.subarray(8, 8 + Number(model.readBigUInt64LE(0))).toString());
    assert.equal(header.__metadata__.test_mode, "true");
    const ends = Object.values(header).map((tensor) => tensor.data_offsets?.[1] ?? 0);
    assert.equal(model.length, 8 + Number(model.readBigUInt64LE(0)) + Math.max(...ends), "the file is whole");
    // A reload keeps the way back to the photos.
    await page.reload();
    await page.locator("main.see details.folded").waitFor();
    await page.locator(".ideas button").first().click();
    await next(page);
    await page.waitForFunction(() => document.querySelectorAll(".wall img").length === 4, null, { timeout: 90_000 });
    await page.evaluate(() => Promise.all(document.getAnimations().map((motion) => motion.finished)));
    await page.locator("details.folded summary").click();
    await shot(page, "samples-portraits");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
});
