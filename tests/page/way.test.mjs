// The whole way in a real browser: from photos to portraits, and everything erased.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SCREENS, next, open, prepare, settled, shot, stage, violations } from "./place.mjs";

const { server, browser } = await stage();

/** Goes the whole way, looking at each state. */
async function way(page, tag, name) {
    const look = async (state) => {
        await shot(page, `${tag}-${state}`);
        assert.deepEqual(await violations(page), [], state);
    };
    await look("1-empty");
    await prepare(page, name);
    await look("2-ready");
    assert.equal(await page.locator("figure.bad").count(), 1, "one of the drawn photos is broken");
    await page.locator("figure.bad .ph").click();
    await look("3-report");
    await page.keyboard.press("Escape");
    await next(page);
    await page.locator("main.train").waitFor();
    await look("4-train");
    await page.locator("main.see").waitFor({ timeout: 60_000 });
    await page.locator(".ideas button").first().click();
    await next(page);
    await page.waitForFunction(() => document.querySelectorAll(".wall img").length === 4, null, { timeout: 60_000 });
    await page.evaluate(() => Promise.all(document.getAnimations().map((motion) => motion.finished)));
    await look("5-see");
    await page.locator(".wall .ph").first().click();
    await look("6-large");
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator("dialog.large .row button").first().click()]);
    assert.match(download.suggestedFilename(), /-1-1\.jpg$/);
    await page.keyboard.press("Escape");
    await page.locator("footer button").click();
    await look("7-ask");
    await page.locator("dialog.erasing button.danger").click();
    await page.locator("main.gone").waitFor();
    await look("8-gone");
    assert.deepEqual(page.complaints, []);
}

test("on a desk, in English", async () => {
    const page = await open(browser, server.link);
    await way(page, "desk", "Anna");
    await page.context().close();
});

test("on a phone, in Russian, in the dark", async () => {
    const page = await open(browser, server.link, { ...SCREENS.phone, locale: "ru-RU", colorScheme: "dark" });
    assert.equal(await page.locator("html").getAttribute("lang"), "ru");
    const wider = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok((await wider()) <= 0, "nothing is wider than the screen");
    await way(page, "phone", "Анна");
    await page.context().close();
});

test("nothing is wider than the screen, on any", async () => {
    for (const width of [320, 768, 1920]) {
        const page = await open(browser, server.link, { viewport: { width, height: 700 }, locale: "ru-RU" });
        const wider = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        await prepare(page, "Константин");
        assert.ok((await wider()) <= 0, `${width}: photos`);
        await shot(page, `wide-${width}`);
        await next(page);
        await page.locator("main.see").waitFor({ timeout: 60_000 });
        assert.ok((await wider()) <= 0, `${width}: portraits`);
        await page.context().close();
    }
});

test("the language is switched, and stays", async () => {
    const page = await open(browser, server.link);
    const russian = page.locator("h1", { hasText: "Десять фото" });
    await page.getByRole("button", { name: "RU" }).click();
    await russian.waitFor();
    await page.reload();
    await russian.waitFor();
    await page.context().close();
});

test("with the keyboard alone", async () => {
    const page = await open(browser, server.link);
    const reach = async (wanted) => {
        for (let step = 0; step < 90; step++) {
            await page.keyboard.press("Tab");
            if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), wanted)) return;
        }
        assert.fail(`${wanted} is not reached`);
    };
    await reach(".extras button");
    await page.keyboard.press("Enter");
    await settled(page, 12);
    await reach("#name");
    await page.keyboard.type("Anna");
    await reach("#consent");
    await page.keyboard.press("Space");
    await reach(".bar button");
    await page.keyboard.press("Enter");
    await page.locator("main.see").waitFor({ timeout: 60_000 });
    await reach(".ideas button");
    await page.keyboard.press("Enter");
    await reach(".bar button");
    await page.keyboard.press("Enter");
    await page.locator(".wall img").first().waitFor({ timeout: 60_000 });
    await reach(".wall .ph");
    await page.keyboard.press("Enter");
    await page.locator("dialog.large[open]").waitFor();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Escape");
    await page.locator("dialog.large[open]").waitFor({ state: "detached" });
    assert.deepEqual(page.complaints, []);
    await page.context().close();
});
