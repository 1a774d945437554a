// The server and the browser of a test: `likeness serve --test` on a free port, and Chromium.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { chromium } from "playwright-core";

const root = new URL("../..", import.meta.url).pathname;

/** The flags of a browser that asks nobody outside. */
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Folder for screenshots, if they are wanted. */
export const shots = process.env.LIKENESS_SHOTS;

/** Starts the server; `link` opens the page. */
export async function serve({ args = ["serve", "--test", "--listen", "127.0.0.1:0"], env = {} } = {}) {
    const home = await mkdtemp(join(tmpdir(), "likeness-page-"));
    const binary = process.env.LIKENESS_BINARY ?? join(root, "target/debug/likeness");
    const kept = Object.fromEntries(["PATH", "HOME", "LIKENESS_PAGE"].flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
    const child = spawn(binary, args, {
        env: { ...kept, LIKENESS_HOME: home, FAL_MOCK_TRAINING_DURATION: "3", ...env },
        stdio: ["ignore", "pipe", "inherit"],
    });
    const link = await new Promise((resolve, reject) => {
        child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
        createInterface(child.stdout).on("line", (line) => line.startsWith("open ") && resolve(line.slice(5)));
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    return {
        link,
        base: new URL(link).origin,
        /** Ends the server. */
        async end() {
            child.kill("SIGTERM");
            await ended;
            await rm(home, { recursive: true, force: true });
        },
    };
}

/** Finds a free port. */
export const free = () =>
    new Promise((resolve) => {
        const server = createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });

/** Starts the browser. */
export const browse = () => chromium.launch({ executablePath: process.env.LIKENESS_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

/** Starts a server and a browser for the tests of a file. Both end after the last of them. */
export async function stage(settings) {
    const [server, browser] = await Promise.all([serve(settings), browse()]);
    after(async () => {
        await browser.close();
        await server.end();
    });
    return { server, browser };
}

/** Screens that the page is looked at on. */
export const SCREENS = {
    phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
    desk: { viewport: { width: 1280, height: 900 }, deviceScaleFactor: 1 },
};

/** Opens a page, after `before` ran in it; what the browser complains about is collected in `page.complaints`. */
export async function open(browser, link, options = {}, before = undefined) {
    const context = await browser.newContext({ locale: "en-US", ...SCREENS.desk, ...options });
    const page = await context.newPage();
    page.complaints = [];
    if (before) await page.addInitScript(before);
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && page.complaints.push(message.text()));
    page.on("pageerror", (error) => page.complaints.push(String(error)));
    page.on("request", (request) => {
        const { hostname, protocol } = new URL(request.url());
        if (protocol.startsWith("http") && hostname !== "127.0.0.1") page.complaints.push(`asked ${hostname}`);
    });
    await page.goto(link);
    await page.locator("h1").waitFor();
    return page;
}

const axe = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** Lists what a person with a screen reader, a keyboard or weak eyes would stumble over. */
export async function violations(page) {
    // By the driver, and not as a script of the page: its policy would not let it run.
    await page.evaluate(axe);
    const found = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

/** The photos of the sheet that are in none of the states between. */
export const settled = (page, count) =>
    page.waitForFunction(
        (count) => document.querySelectorAll(".sheet figure").length === count && !document.querySelector("figure.busy, figure.paused"),
        count,
        { timeout: 90_000 },
    );

/** Every photo of the sheet has the server's verdict. */
export const judged = (page, count) =>
    page.waitForFunction(
        (count) => document.querySelectorAll(".sheet figure").length === count && !document.querySelector("figure.busy, figure.paused, figure.open"),
        count,
        { timeout: 90_000 },
    );

/** Adds the drawn photos, and fills in whose they are. */
export async function prepare(page, name = "Anna") {
    await page.getByRole("button", { name: /Use ours|наши/ }).click();
    await settled(page, 12);
    await page.locator("#name").fill(name);
    await page.locator("#consent").check();
}

/** Presses the one thing to do next. */
export const next = (page) => page.locator(".bar button").click();

/** Keeps what is sent as files, in the page. */
export function keepSent() {
    globalThis.sent = [];
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (body) {
        globalThis.sent.push(body);
        send.call(this, body);
    };
}

/** Returns the files that were sent, a character for each byte. */
export const sent = (page) =>
    page.evaluate(async () => {
        const bytes = await Promise.all(globalThis.sent.map((file) => file.arrayBuffer()));
        return bytes.map((each) => new TextDecoder("latin1").decode(each));
    });

/** Saves a screenshot, if they are wanted. */
export async function shot(page, name) {
    if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}
