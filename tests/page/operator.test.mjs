// The operator's page: behind the admin token alone, and with everything that it shows.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SCREENS, open, shot, stage, violations } from "./place.mjs";

const ADMIN = "an-operator-of-more-than-32-characters";

const { server, browser } = await stage({ env: { ADMIN_TOKEN: ADMIN } });

const asked = (method, path, body) => fetch(server.base + path, { method, headers: { authorization: `Bearer ${ADMIN}` }, body: body && JSON.stringify(body) });
const mint = async (id, terms) => (await asked("PUT", `/v1/invites/${id}`, terms)).json();
await mint("anna", { label: "Anna", trainings: 1, pictures: 20 });

/** Opens the page and lets the operator in. */
async function entered(options = {}, prepare = () => {}) {
    const page = await open(browser, `${server.base}/#operator`, options);
    await prepare(page);
    await page.locator("input[name=token]").fill(ADMIN);
    await page.keyboard.press("Enter");
    await page.locator("#invites-heading").waitFor();
    return page;
}

const AT = Date.parse("2026-11-29T12:00:00.000Z");
const before_ = (seconds) => new Date(AT - seconds * 1000).toISOString();
const id = (number) => `3f0e8a52-7c7e-4c59-9d3c-${String(number).padStart(12, "0")}`;
const job = (number, more) => ({ avatar_id: id(number), kind: "training", number: 1, status: "in_progress", stage: "training", code: null, ordered_at: before_(95), ended_at: null, test_mode: false, ...more });

/** A day on which much has happened, as the server would tell it. */
const busy = {
    at: before_(0), since: before_(90 * 86_400), complete: true,
    counts: { under_way: 4, completed: 212, failed: 9, cancelled: 3, erased_avatars: 5 },
    budget: { today: { trainings: 14, pictures: 200 }, caps: { trainings: 20, pictures: 200 }, left: { trainings: 6, pictures: 0 }, resets_at: new Date(AT + 12 * 3_600_000).toISOString() },
    invites: [],
    jobs: [
        job(1, {}),
        job(2, { stage: "queued", ordered_at: before_(40) }),
        job(3, { kind: "pictures", number: 7, stage: "generating", ordered_at: before_(12) }),
        job(4, { status: "error", stage: "submission_unclear", code: "submission_unclear", ordered_at: before_(7300) }),
        ...Array.from({ length: 30 }, (_, n) => job(10 + n, { status: n % 9 === 3 ? "error" : "completed", stage: n % 9 === 3 ? "failed" : "done", code: n % 9 === 3 ? "fal.invalid_input" : null, ordered_at: before_(4000 + n * 3000), ended_at: before_(3800 + n * 3000) })),
    ],
    training_times: Array.from({ length: 48 }, (_, n) => ({ ended_at: before_((48 - n) * 5000), seconds: 180 + ((n * 37) % 90) + (n % 17 === 5 ? 260 : 0) })),
    failures: [{ code: "fal.invalid_input", count: 5 }, { code: "fal.runner_failed", count: 3 }, { code: "submission_unclear", count: 1 }],
    rejected_photos: [{ code: "photo.too_small", count: 41 }, { code: "photo.duplicate", count: 23 }, { code: "photo.damaged", count: 4 }],
};

/** Shows the busy day, with the invites that there are. */
const withBusyDay = (page) =>
    page.route("**/v1/overview", async (route) => {
        const { invites } = await (await asked("GET", "/v1/overview")).json();
        await route.fulfill({ json: { ...busy, invites } });
    });

test("another token opens nothing, and none is kept", async () => {
    const page = await open(browser, `${server.base}/#operator`);
    await shot(page, "operator-closed");
    assert.deepEqual(await violations(page), []);
    await page.locator("input[name=token]").fill("not the operator");
    await page.keyboard.press("Enter");
    await page.getByText("This is not the admin token").waitFor();
    assert.deepEqual(await violations(page), []);
    assert.equal(await page.locator("#invites-heading").count(), 0);
    await page.locator("input[name=token]").fill(ADMIN);
    await page.keyboard.press("Enter");
    await page.locator("#invites-heading").waitFor();
    const kept = () => page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state]));
    assert.doesNotMatch(await kept(), new RegExp(ADMIN));
    assert.doesNotMatch(await page.content(), new RegExp(ADMIN));
    await page.reload();
    await page.locator("input[name=token]").waitFor();
    // The refused call is the browser's own complaint.
    assert.deepEqual(page.complaints.filter((one) => !one.includes("401")), []);
    await page.context().close();
});

test("an empty deployment says so", async () => {
    const page = await entered();
    for (const text of ["0 orders are under way", "Nothing has failed", "No training was completed yet", "of at most 20"]) {
        await page.getByText(text).first().waitFor();
    }
    await shot(page, "operator-empty");
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
});

for (const [name, options] of Object.entries({ desk: {}, phone: SCREENS.phone, dark: { colorScheme: "dark" }, russian: { locale: "ru-RU" } })) {
    test(`a busy day, ${name}`, async () => {
        const page = await entered(options, withBusyDay);
        assert.equal(await page.locator(".table").first().locator("tbody tr").count(), 4);
        assert.equal(await page.locator(".chart rect").count(), 48);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, "nothing is wider than the screen");
        if (shotsWanted) await page.setViewportSize({ width: page.viewportSize().width, height: await page.evaluate(() => document.documentElement.scrollHeight) });
        await shot(page, `operator-${name}`);
        assert.deepEqual(await violations(page), []);
        assert.deepEqual(page.complaints, []);
        await page.context().close();
    });
}
const shotsWanted = Boolean(process.env.LIKENESS_SHOTS);

test("an invite's link is copied, by keyboard, and opens the page", async () => {
    const page = await entered({ permissions: ["clipboard-read", "clipboard-write"] });
    await page.getByRole("button", { name: "Copy link of Anna" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("The link is copied.").waitFor({ state: "attached" });
    await page.locator(".invites button", { hasText: "Copied" }).waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(link, `${server.base}/#${(await mint("anna", { label: "Anna", trainings: 1, pictures: 20 })).token}`);
    assert.equal(await page.getByRole("textbox", { name: "Link of Anna" }).inputValue(), link);
    await shot(page, "operator-link");
    assert.deepEqual(await violations(page), []);
    const guest = await open(browser, link);
    await guest.locator("main.photos").waitFor();
    await guest.context().close();
    await page.context().close();
});

test("an invite that ended meanwhile is not made anew", async () => {
    await mint("brief", { label: "Brief", trainings: 1, pictures: 1 });
    const page = await entered();
    assert.equal((await asked("DELETE", "/v1/invites/brief")).status, 204);
    await page.getByRole("button", { name: "Copy link of Brief" }).click();
    await page.getByText("This invitation has ended meanwhile").waitFor();
    const { invites } = await (await asked("GET", "/v1/invites")).json();
    assert.equal(invites.find((one) => one.id === "brief").live, false);
    await page.context().close();
});

test("without a connection what was seen stays", async () => {
    const page = await entered();
    await page.route("**/v1/overview", (route) => route.abort());
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.getByText("The server does not answer").first().waitFor();
    assert.equal(await page.locator("#invites-heading").count(), 1);
    await page.context().close();
});
