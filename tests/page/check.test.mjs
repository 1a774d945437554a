// The check in the browser: what is sent is clean already, what is bad is not sent; and where the module cannot run, the
// server does it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { judged, keepSent, next, open, prepare, sent, settled, stage } from "./place.mjs";

const { server, browser } = await stage();
const photo = Buffer.from(await (await fetch(`${server.base}/page/samples/photo-02.jpg`)).arrayBuffer());

/** Goes the way to portraits without a check in the browser: the server looks first, and then money is asked about. */
async function byTheServer(page) {
    await page.evaluate(keepSent);
    await prepare(page);
    await page.getByRole("button", { name: "Check 12 photos" }).click();
    await judged(page, 12);
    assert.equal(await page.locator("figure.bad").count(), 1);
    assert.ok((await sent(page)).some((file) => file.includes("Exif")), "as they are");
    await next(page);
    await page.locator("main.see").waitFor({ timeout: 60_000 });
    await page.context().close();
}

test("only good photos are sent, and clean", async () => {
    const page = await open(browser, server.link, {}, keepSent);
    await prepare(page);
    assert.deepEqual(await sent(page), [], "nothing is sent before it was agreed to");
    await next(page);
    await page.locator("main.see").waitFor({ timeout: 60_000 });
    const files = await sent(page);
    assert.equal(files.length, 11);
    for (const file of files) assert.ok(!file.includes("Exif"), "no metadata");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
});

test("a photo that comes twice counts once, until the other is taken off", async () => {
    const page = await open(browser, server.link);
    await page.locator(".add input").setInputFiles(["one", "two"].map((name) => ({ name: `${name}.jpg`, mimeType: "image/jpeg", buffer: photo })));
    await settled(page, 2);
    assert.match(await page.locator("figure.bad").innerText(), /The same as one\.jpg/);
    await page.reload();
    await page.locator("figure.bad").waitFor();
    await settled(page, 2);
    await page.locator("figure:not(.bad)").hover();
    await page.locator("figure:not(.bad) .drop").click();
    await settled(page, 1);
    assert.equal(await page.locator("figure.bad").count(), 0);
    await page.context().close();
});

test("a photo of more pixels than the server takes is made smaller here", async () => {
    const page = await open(browser, server.link);
    await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(10_000, 6_000);
        const paper = canvas.getContext("2d");
        paper.fillStyle = "teal";
        paper.fillRect(0, 0, 5_000, 6_000);
        const data = new DataTransfer();
        data.items.add(new File([await canvas.convertToBlob({ type: "image/jpeg" })], "large.jpg", { type: "image/jpeg" }));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    });
    await settled(page, 1);
    await page.locator("figure .ph").click();
    await page.getByText("6325 × 3795").waitFor();
    await page.context().close();
});

test("the Worker is ended when it is idle, and comes again", async () => {
    const page = await open(browser, server.link);
    await page.clock.install();
    for (const name of ["one", "two"]) {
        const started = page.waitForEvent("worker");
        await page.locator(".add input").setInputFiles({ name: `${name}.jpg`, mimeType: "image/jpeg", buffer: photo });
        await page.waitForFunction((name) => [...document.querySelectorAll("figure")].some((figure) => !figure.matches(".busy") && figure.querySelector(`[aria-label*="${name}"]`)), name);
        const ended = (await started).waitForEvent("close");
        await page.clock.fastForward(15_000);
        await ended;
    }
    await page.context().close();
});

test("a module that does not arrive leaves the check to the server", async () => {
    const page = await open(browser, server.link);
    await page.context().route("**/module/*", (route) => route.abort("connectionreset"));
    await byTheServer(page);
});

test("a module that is broken leaves the check to the server", async () => {
    const page = await open(browser, server.link);
    await page.context().route("**/module/*.wasm", (route) => route.fulfill({ contentType: "application/wasm", body: "not a module" }));
    await byTheServer(page);
});

test("a browser without Workers leaves the check to the server", async () => {
    await byTheServer(await open(browser, server.link, {}, () => delete globalThis.Worker));
});

test("a check that does not end leaves the photos to the server", async () => {
    const page = await open(browser, server.link);
    await page.clock.install();
    await page.context().route("**/module/*.wasm", () => {});
    const asked = () => page.context().waitForEvent("request", (request) => request.url().endsWith(".wasm"));
    const first = asked();
    await page.getByRole("button", { name: /Use ours/ }).click();
    await first;
    const second = asked();
    await page.clock.fastForward(60_000);
    // It is tried once more, with the next photo.
    await second;
    await page.clock.fastForward(60_000);
    await page.getByText("Added", { exact: true }).nth(11).waitFor();
    await page.context().close();
});
