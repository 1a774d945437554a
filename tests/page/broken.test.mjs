// Failures on the way: a lost connection, a reload, an invite that does not count, a bucket that is shut.

import assert from "node:assert/strict";
import { test } from "node:test";
import { next, open, prepare, settled, shot, stage } from "./place.mjs";

const ADMIN = "an-operator-of-more-than-32-characters";

const { server, browser } = await stage({ env: { ADMIN_TOKEN: ADMIN } });

/** Makes an invite, and returns the link that opens the page by it. */
async function invited(id, terms) {
    const answer = await fetch(`${server.base}/v1/invites/${id}`, {
        method: "PUT",
        headers: { authorization: `Bearer ${ADMIN}` },
        body: JSON.stringify({ trainings: 1, pictures: 4, ...terms }),
    });
    return `${server.base}/#${(await answer.json()).token}`;
}

test("a reload loses nothing that was added, or sent", async () => {
    const page = await open(browser, server.link);
    await prepare(page);
    await page.reload();
    await settled(page, 12);
    assert.equal(await page.locator(".sheet img").count(), 12);
    assert.equal(await page.locator("#name").inputValue(), "Anna");
    await page.locator("#consent").check();
    await next(page);
    await page.waitForFunction(() => document.querySelector("figure progress, figure .line"));
    await page.reload();
    // What was sent before is there already, and money is asked about again.
    await page.getByRole("button", { name: /Train Anna/ }).click();
    await page.locator("main.train").waitFor();
    await page.reload();
    await page.locator("main.see").waitFor({ timeout: 60_000 });
    assert.match(await page.locator("h1").innerText(), /Anna/);
    await page.context().close();
});

test("a lost connection is waited for", async () => {
    const page = await open(browser, server.link);
    await prepare(page);
    // Every second photo is cut off in the middle, then the network is gone.
    let number = 0;
    await page.route("**/photos/*", (route) => (route.request().method() === "PUT" && number++ % 2 === 0 ? route.abort("connectionreset") : route.continue()));
    await next(page);
    await page.locator("figure.paused").first().waitFor();
    await page.context().setOffline(true);
    await page.locator(".bar .problem").waitFor();
    await shot(page, "desk-offline");
    await page.unroute("**/photos/*");
    await page.context().setOffline(false);
    await page.locator("main.train, main.see").waitFor({ timeout: 60_000 });
    await page.context().close();
});

test("a browser that keeps nothing goes the way as well", async () => {
    const page = await open(browser, server.link, {}, () => Object.defineProperty(globalThis, "indexedDB", { value: undefined }));
    await prepare(page);
    await next(page);
    await page.locator("main.see").waitFor({ timeout: 60_000 });
    await page.context().close();
});

test("photos that were added without a connection are looked at once there is one", async () => {
    const page = await open(browser, server.link);
    await page.context().route("**/module/*", (route) => route.abort("connectionreset"));
    await page.getByRole("button", { name: /Use ours/ }).click();
    await page.getByText("Added", { exact: true }).nth(11).waitFor();
    await page.context().unroute("**/module/*");
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.getByText("Good", { exact: true }).nth(10).waitFor();
    await page.context().close();
});

test("a training is stopped after a question, and the photos stay", async () => {
    const page = await open(browser, server.link);
    await prepare(page);
    await next(page);
    await page.getByRole("button", { name: "Stop the training" }).click();
    await page.locator("dialog.stopping button.danger").click();
    await page.locator(".note", { hasText: /stopped/i }).waitFor();
    await page.getByRole("button", { name: /Train Anna/ }).waitFor();
    await page.context().close();
});

test("Back closes the large view, and stays on the page", async () => {
    const page = await open(browser, server.link);
    await prepare(page);
    for (const close of [() => page.goBack(), () => page.keyboard.press("Escape")]) {
        await page.locator("figure .ph").first().click();
        await page.locator("dialog.large[open]").waitFor();
        await close();
        await page.locator("dialog.large[open]").waitFor({ state: "detached" });
        assert.equal(page.url(), server.link);
    }
    await page.context().close();
});

test("an invitation whose answer was lost is redeemed once", async () => {
    const page = await open(browser, await invited("lost", { uses: 1 }));
    await page.route("**/v1/redeem", async (route) => {
        await route.fetch();
        await route.abort("connectionreset");
    });
    await prepare(page);
    await next(page);
    await page.locator(".bar .problem").waitFor();
    await page.unroute("**/v1/redeem");
    await page.reload();
    await page.getByRole("button", { name: /Train Anna/ }).click();
    await page.locator("main.train, main.see").waitFor({ timeout: 60_000 });
    await page.context().close();
});

test("a second press orders nothing more, and takes nothing back", async () => {
    const page = await open(browser, server.link);
    await prepare(page);
    await page.locator(".bar button").dblclick();
    await page.locator("main.see").waitFor({ timeout: 60_000 });
    await page.context().close();
});

test("a photo that was taken off while the connection was lost is not trained on", async () => {
    const page = await open(browser, server.link);
    await page.route("**/trainings/*", (route) => route.abort("connectionreset"));
    await prepare(page);
    await next(page);
    await page.waitForRequest("**/trainings/*");
    await page.route("**/photos/*", (route) => (route.request().method() === "DELETE" ? route.abort("connectionreset") : route.continue()));
    await page.reload();
    await page.getByRole("button", { name: /Train Anna/ }).waitFor();
    await page.locator("figure:not(.bad)").first().hover();
    await page.locator("figure:not(.bad) .drop").first().click();
    await settled(page, 11);
    assert.equal(await page.getByRole("button", { name: /Train Anna/ }).count(), 0, "what is off the sheet is still at the server");
    await page.reload();
    await settled(page, 11);
    await page.unroute("**/photos/*");
    await page.unroute("**/trainings/*");
    await page.getByRole("button", { name: /Train Anna/ }).click();
    await page.locator("main.see").waitFor({ timeout: 60_000 });
    await page.locator("details.folded summary", { hasText: "10 photos" }).waitFor();
    await page.context().close();
});

test("a link that is no invitation says so at once", async () => {
    const page = await open(browser, `${server.base}/#what`);
    assert.match(await page.locator(".lead").innerText(), /not an invitation/);
    await shot(page, "desk-closed");
    await page.context().close();
});

test("an unknown invitation and one that was used say so, and what to do", async () => {
    const unknown = await open(browser, `${server.base}/#lki_${"0".repeat(64)}`);
    await unknown.locator("main.closed").waitFor();
    assert.match(await unknown.locator(".lead").innerText(), /not known/);
    await unknown.context().close();

    const link = await invited("once", { uses: 1 });
    for (const visit of ["first", "second"]) {
        const page = await open(browser, link);
        if (visit === "second") {
            await page.locator("main.closed").waitFor();
            assert.match(await page.locator(".lead").innerText(), /used already/);
        } else {
            await prepare(page);
            await next(page);
            await page.locator("main.train, main.see").waitFor({ timeout: 60_000 });
            // It opens again where it was used.
            await page.reload();
            await page.locator("main.train, main.see").waitFor();
        }
        await page.context().close();
    }
});
