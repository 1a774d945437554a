// HEIC, which Chromium does not read: the module does, and the photo is then like any other.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { keepSent, next, open, prepare, sent, settled, shot, stage } from "./place.mjs";

const { server, browser } = await stage();
const fixture = (name) => readFile(new URL(`fixtures/${name}`, import.meta.url));
const [single, grid] = await Promise.all([fixture("single.heic"), fixture("turned-grid.heic")]);

/** Adds a file as an operating system gives it that does not know HEIC. */
const add = (page, name, buffer) => page.locator(".add input").setInputFiles({ name, mimeType: "", buffer });

/** A photo's cell. */
const cell = (page, name) => page.locator("figure", { has: page.locator(`[aria-label*="${name}"]`) });

test("a HEIC is good, upright, and sent as a clean JPEG", async () => {
    const page = await open(browser, server.link, {}, keepSent);
    const known = await page.evaluate((bytes) => createImageBitmap(new Blob([Uint8Array.from(bytes)])).then(() => true, () => false), [...single]);
    assert.equal(known, false, "a browser that reads HEIC does not try the module");
    await prepare(page);
    await add(page, "IMG_0001.HEIC", grid);
    await add(page, "DSC0002.HIF", single);
    await settled(page, 14);
    for (const name of ["IMG_0001.HEIC", "DSC0002.HIF"]) {
        // Good, and not usable with a warning: the face was found, which lies on its side in the grid.
        assert.match(await cell(page, name).innerText(), /Good/);
        const size = await cell(page, name).locator("img").evaluate((image) => [image.naturalWidth, image.naturalHeight]);
        assert.deepEqual(size, [600, 800]);
    }
    await cell(page, "IMG_0001.HEIC").locator(".ph").click();
    for (const line of ["690 × 920 pixels", "Turned upright.", "Metadata removed, including the location."]) await page.getByText(line).waitFor();
    await shot(page, "desk-heic");
    await page.keyboard.press("Escape");
    await next(page);
    await page.locator("main.see").waitFor({ timeout: 60_000 });
    const files = await sent(page);
    assert.equal(files.length, 13);
    for (const file of files) assert.ok(file.startsWith("\xff\xd8\xff") && !file.includes("Exif"), "a JPEG without metadata");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
});

test("a HEIC that cannot be used is left out, with the reason", async () => {
    const page = await open(browser, server.link);
    const damaged = Buffer.from(grid).fill(0, 7_000, 8_000);
    const avc = Buffer.from(grid.toString("latin1").replaceAll("hvc1", "avc1"), "latin1");
    for (const [name, bytes, word, sentence] of [
        ["AVC.HEIC", avc, "A rare kind of file.", "This is a HEIF picture coded as AVC (H.264), which is not supported."],
        ["DAMAGED.HEIC", damaged, "The file is damaged.", "This HEIC file is damaged and cannot be decoded."],
        ["CUT.HEIC", grid.subarray(0, 7_000), "The file is cut off.", "This HEIC file is cut off: it ends before the picture does."],
    ]) {
        await add(page, name, bytes);
        await cell(page, name).and(page.locator(".bad")).getByText(word).waitFor();
        await cell(page, name).locator(".ph").click();
        await page.locator("dialog").getByText(sentence).waitFor();
        await page.keyboard.press("Escape");
    }
    assert.deepEqual(page.complaints, []);
    await page.context().close();
});
