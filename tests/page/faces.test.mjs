// Faces: where they are is shown, and a photo without one is used with a warning.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open, settled, shot, stage, violations } from "./place.mjs";

const { server, browser } = await stage();
const portrait = Buffer.from(await (await fetch(`${server.base}/page/samples/photo-06.jpg`)).arrayBuffer());

/** Draws a photo of grey stripes, in the page. */
const stripes = (page) =>
    page.evaluate(async () => {
        const canvas = new OffscreenCanvas(900, 700);
        const paper = canvas.getContext("2d");
        for (let x = 0; x < 900; x += 50) {
            paper.fillStyle = x % 100 ? "#666" : "#bbb";
            paper.fillRect(x, 0, 50, 700);
        }
        const data = new DataTransfer();
        data.items.add(new File([await canvas.convertToBlob({ type: "image/jpeg" })], "stripes.jpg", { type: "image/jpeg" }));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    });

test("a face has a frame in the large view, and the cell shows it", async () => {
    const page = await open(browser, server.link);
    await page.locator(".add input").setInputFiles({ name: "wide.jpg", mimeType: "image/jpeg", buffer: portrait });
    await settled(page, 1);
    assert.equal(await page.locator("figure.usable").count(), 0);
    const position = await page.locator("figure img").evaluate((image) => getComputedStyle(image).objectPosition);
    const [across, down] = position.split(" ").map(parseFloat);
    // A photo of 960 x 720: the face's middle is left of the picture's.
    assert.ok(across > 40 && across < 52, position);
    assert.equal(down, 50);
    await page.locator("figure .ph").click();
    const [frame, picture] = await Promise.all([".frames rect", ".framed img"].map((one) => page.locator(one).boundingBox()));
    const within = (value, least, most) => assert.ok(value > least && value < most, `${value}`);
    within((frame.x - picture.x) / picture.width, 0.36, 0.42);
    within((frame.y - picture.y) / picture.height, 0.27, 0.33);
    within(frame.height / picture.height, 0.32, 0.4);
    await shot(page, "desk-frame");
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
});

test("a photo without a face is used, with a warning in the page's language", async () => {
    const page = await open(browser, server.link);
    await stripes(page);
    await page.locator("figure.usable").waitFor();
    await page.getByText("No face was found.").waitFor();
    await page.reload();
    await page.locator("figure.usable", { hasText: "No face was found." }).waitFor();
    await page.getByRole("button", { name: "RU" }).click();
    await page.getByText("Лицо не найдено.").waitFor();
    await page.locator("figure .ph").click();
    await page.locator("dialog").getByText("возьмите другое").waitFor();
    await shot(page, "desk-no-face");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
});
