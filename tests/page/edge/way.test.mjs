// The whole way at the edge: both Workers in Cloudflare's runtime, as `wrangler dev` runs them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browse, free, next, open, serve, settled } from "../place.mjs";

const root = new URL("../../..", import.meta.url).pathname;
const ADMIN = "an-operator-of-more-than-32-characters";

/** Starts the Workers in test mode. */
async function workers() {
    const state = await mkdtemp(join(tmpdir(), "likeness-page-edge-"));
    const port = await free();
    const vars = [`AVATAR_TEST_MODE:true`, `ADMIN_TOKEN:${ADMIN}`, "FAL_MOCK_TRAINING_DURATION:3"].flatMap((one) => ["--var", one]);
    const child = spawn(
        join(process.env.edge_tools, ".bin/wrangler"),
        ["dev", "edge/front/test-mode/index.js", "-c", "wrangler.toml", "-c", "edge/imager/wrangler.toml", ...vars, "--ip", "127.0.0.1", "--port", String(port), "--persist-to", state],
        // A group of its own: wrangler starts the runtime as another process.
        { cwd: root, env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", CI: "1" }, stdio: ["ignore", "ignore", "inherit"], detached: true },
    );
    const base = `http://127.0.0.1:${port}`;
    for (;;) {
        const answer = await fetch(`${base}/health`).catch(() => null);
        if (answer?.ok) break;
        if (child.exitCode !== null) throw new Error("wrangler ended");
        await new Promise((later) => setTimeout(later, 100));
    }
    return {
        base,
        async end() {
            const ended = new Promise((resolve) => child.once("exit", resolve));
            process.kill(-child.pid, "SIGTERM");
            await ended;
            await rm(state, { recursive: true, force: true });
        },
    };
}

let edge;
let browser;
let photos;
before(async () => {
    const drawing = await serve();
    const names = (await (await fetch(`${drawing.base}/page/samples/index.json`)).json()).photos;
    photos = await Promise.all(
        names.map(async (name) => {
            const answer = await fetch(`${drawing.base}/page/samples/${name}`);
            return { name, mimeType: answer.headers.get("content-type"), buffer: Buffer.from(await answer.arrayBuffer()) };
        }),
    );
    await drawing.end();
    [edge, browser] = await Promise.all([workers(), browse()]);
});
after(async () => {
    await browser?.close();
    await edge?.end();
});

/** Lets the operator in. */
async function operated() {
    const page = await open(browser, `${edge.base}/#operator`);
    await page.locator("input[name=token]").fill(ADMIN);
    await page.keyboard.press("Enter");
    await page.locator(".figures").waitFor();
    return page;
}

/** Asks anew until the operator's page shows this figure: avatars report a moment after their change. */
async function figure(page, name, value) {
    const shown = page.locator(".figures div", { hasText: name }).locator("dd");
    while ((await shown.innerText()) !== value) {
        const answered = page.waitForResponse("**/v1/overview");
        await page.getByRole("button", { name: "Refresh" }).click();
        await answered;
    }
}

test("from photos to portraits, and everything erased", async () => {
    const minted = await fetch(`${edge.base}/v1/invites/anna`, {
        method: "PUT",
        headers: { authorization: `Bearer ${ADMIN}` },
        body: JSON.stringify({ trainings: 1, pictures: 4 }),
    });
    const page = await open(browser, `${edge.base}/#${(await minted.json()).token}`);
    await page.locator(".add input").setInputFiles(photos);
    await settled(page, 12);
    assert.equal(await page.locator("figure.bad").count(), 1);
    await page.locator("#name").fill("Anna");
    await page.locator("#consent").check();
    await next(page);
    await page.locator("main.see").waitFor({ timeout: 120_000 });
    await page.locator(".ideas button").first().click();
    await next(page);
    await page.waitForFunction(() => document.querySelectorAll(".wall img").length === 4, null, { timeout: 120_000 });
    await page.getByText("0 more with this invitation").waitFor();
    const operator = await operated();
    await figure(operator, "Completed", "2");
    await operator.getByText("left: 0 trainings, 0 portraits").waitFor();
    assert.equal(await operator.locator(".chart rect").count(), 1);
    await page.locator("footer button").click();
    await page.locator("dialog.erasing button.danger").click();
    await page.locator("main.gone").waitFor();
    await figure(operator, "Erased people", "1");
    assert.equal(await operator.locator("tbody tr").count(), 0);
    assert.deepEqual([...page.complaints, ...operator.complaints], []);
});

test("the page's files have the core's headers, and are kept by their version", async () => {
    const first = await fetch(edge.base);
    assert.equal(first.headers.get("cache-control"), "no-cache");
    const style = /href="(page\/[0-9a-f]+\/style\.css)"/.exec(await first.text())[1];
    const kept = await fetch(`${edge.base}/${style}`);
    assert.match(kept.headers.get("cache-control"), /immutable/);
    for (const { headers } of [first, kept]) {
        assert.match(headers.get("content-security-policy"), /frame-ancestors 'none'/);
        assert.equal(headers.get("x-content-type-options"), "nosniff");
    }
    assert.equal((await fetch(`${edge.base}/page/0/style.css`)).status, 404);
});
