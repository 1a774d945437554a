// Jobs for the imager, and the set-up that its tests share.

import { after, before, beforeEach } from "node:test";
import { Objects } from "./objects.mjs";
import { Worker } from "./workerd.mjs";

/** Limits that the front passes on. */
export const LIMITS = { max_bytes: 32_000_000, max_pixels: 52_000_000, min_side: 512, max_memory: 2 ** 30 };

/** Returns the imager with a store of objects; neither runs before `start`. */
export function startable() {
    const it = {
        async start() {
            it.objects = await Objects.start();
            it.worker = await Worker.start(new URL("../../edge/imager/", import.meta.url));
        },

        async stop() {
            await it.worker?.stop();
            await it.objects?.stop();
        },

        get: (key, headers = {}) => ({ method: "GET", url: it.objects.url(key), headers }),
        put: (key, headers = {}) => ({ method: "PUT", url: it.objects.url(key), headers }),

        /** Posts a job, and returns the status and the report. */
        async post(job, options = {}) {
            const response = await it.worker.fetch("/jobs", { method: "POST", body: JSON.stringify(job), ...options });
            const text = await response.text();
            return { status: response.status, headers: response.headers, report: response.ok ? JSON.parse(text) : text };
        },

        /** Posts a job that must be answered with 200, and returns its report. */
        async report(job) {
            const { status, report } = await it.post(job);
            if (status !== 200) throw new Error(`the imager answered ${status}: ${report}\n${it.worker.log}`);
            return report;
        },

        prepare: async (job = {}) => (await it.report(it.prepareJob(job))).prepared,
        send: async (job) => (await it.report({ job: "send", ...job })).sent,
        fetch: async (job) => (await it.report({ job: "fetch", ...job })).fetched,

        prepareJob: (job = {}) => ({
            job: "prepare",
            photo: it.get("original.jpg"),
            sha256: null,
            place: "s3://bucket/original.jpg",
            limits: LIMITS,
            target: it.put("clean.jpg", { "content-type": "image/jpeg" }),
            file: "s3://bucket/clean.jpg",
            ...job,
        }),

        memory: async () => (await it.worker.fetch("/memory")).json(),
    };
    return it;
}

/** Starts the imager and a store of objects for the tests of a file. */
export function imager() {
    const it = startable();
    before(it.start);
    beforeEach(() => it.objects.reset());
    after(it.stop);
    return it;
}

export const wait = (milliseconds) => new Promise((later) => setTimeout(later, milliseconds));
