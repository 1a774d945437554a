// Photos straight into a bucket: a real MinIO that lets the page in, and one whose CORS rule names another origin.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { browse, free, next, open, prepare, serve } from "./place.mjs";

const KEY = "likeness-tests";
const SECRET = "not-a-secret-at-all";

let browser;
before(async () => {
    browser = await browse();
});
after(() => browser?.close());

/** Starts MinIO, which lets pages of this origin in, with a bucket `photos`. */
async function minio(origin) {
    const folder = await mkdtemp(join(tmpdir(), "likeness-minio-"));
    // A folder is a bucket.
    await mkdir(join(folder, "photos"));
    const [port, console] = [await free(), await free()];
    const child = spawn("minio", ["server", "--quiet", "--address", `127.0.0.1:${port}`, "--console-address", `127.0.0.1:${console}`, folder], {
        env: { PATH: process.env.PATH, HOME: folder, MINIO_ROOT_USER: KEY, MINIO_ROOT_PASSWORD: SECRET, MINIO_UPDATE: "off", MINIO_API_CORS_ALLOW_ORIGIN: origin },
        stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const address = `http://127.0.0.1:${port}`;
    for (;;) {
        const answer = await fetch(`${address}/minio/health/live`).catch(() => null);
        if (answer?.ok) break;
        if (child.exitCode !== null) throw new Error("MinIO ended: scripts/setup bucket installs it");
    }
    return {
        address,
        settings: { MINIO_ENDPOINT: address, MINIO_BUCKET: "photos", MINIO_ACCESS_KEY: KEY, MINIO_SECRET_KEY: SECRET },
        async end() {
            child.kill();
            await ended;
            await rm(folder, { recursive: true, force: true });
        },
    };
}

for (const [what, origin, to] of [["lets the page in", "*", "bucket"], ["lets another origin in alone", "https://other.example", "api"]]) {
    test(`where the bucket ${what}, photos go to the ${to}`, async () => {
        const bucket = await minio(origin);
        const server = await serve({ env: bucket.settings });
        try {
            const page = await open(browser, server.link);
            const arrived = { bucket: 0, api: 0 };
            page.on("response", (answer) => {
                if (!answer.ok() || answer.request().method() !== "PUT" || !/photos\//.test(answer.url())) return;
                arrived[answer.url().startsWith(bucket.address) ? "bucket" : "api"]++;
            });
            await prepare(page);
            await next(page);
            if (to === "api") await page.locator(".told").waitFor();
            await page.locator("main.train, main.see").waitFor({ timeout: 60_000 });
            assert.deepEqual(arrived, { bucket: 0, api: 0, [to]: 11 });
            if (to === "bucket") assert.deepEqual(page.complaints, []);
            await page.context().close();
        } finally {
            await server.end();
            await bucket.end();
        }
    });
}
