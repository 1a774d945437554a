// A whole training by openapi-fetch, with the types that openapi-typescript makes: training.ts URL ADMIN_TOKEN PHOTOS.
// `tsc --strict` checks it first: each annotation is a promise of /openapi.json.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, parse } from "node:path";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.ts";

type Schemas = components["schemas"];

/** Type check that fails to compile for `unknown`, `any` and `never`, which say nothing about a field. */
type Told<T> = unknown extends T ? never : [T] extends [never] ? never : T;
type EveryField<T> = T extends object ? { [Field in keyof T]: Told<T[Field]> } : never;
const every = <T>(value: T & EveryField<T>): T => value;

const [url, admin, folder] = process.argv.slice(2) as [string, string, string];
const as = (token: string) => createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` } });

const { data: health } = await createClient<paths>({ baseUrl: url }).GET("/health");
assert(health?.able);
const minted = await as(admin).PUT("/v1/tokens/{id}", { params: { path: { id: `ts-${randomUUID()}` } }, body: {} });
assert(minted.data);
const token: string = minted.data.token;
const client = as(token);

const avatar: string = randomUUID();
const path = { avatar };
const body: Schemas["NewAvatar"] = { user_id: "user-1", name: "Anna", training_config: { min_photos: 10 } };
const created = await client.PUT("/v1/avatars/{avatar}", { params: { path }, body });
assert.equal(created.response.status, 201);
assert.equal(created.data?.avatar_id, avatar);

for (const name of (await readdir(folder)).sort()) {
    const added = await client.PUT("/v1/avatars/{avatar}/photos/{photo}", {
        params: { path: { avatar, photo: parse(name).name }, query: { name } },
        body: new Blob([await readFile(join(folder, name))]),
        bodySerializer: (blob) => blob,
        headers: { "content-type": "application/octet-stream" },
    });
    assert.equal(added.data?.name, name, JSON.stringify(added.error));
}
const photos: Schemas["Photo"][] = await until(
    async () => (await client.GET("/v1/avatars/{avatar}/photos", { params: { path } })).data?.photos,
    (found) => found.every(({ state }) => state !== "waiting"),
);
assert(photos.every(({ state, width }) => state === "ready" && width === 640), JSON.stringify(photos));

const order = { params: { path: { avatar, number: 1 } } };
const refused = await client.PUT("/v1/avatars/{avatar}/trainings/{number}", {
    params: { path: { avatar, number: 2 } },
    body: {},
});
const problem: Schemas["Problem"] | undefined = refused.error;
assert.equal(problem?.code, "order.wrong_number");
const bought = await client.PUT("/v1/avatars/{avatar}/trainings/{number}", { ...order, body: {} });
assert.equal(bought.response.status, 202);
const trained: Schemas["Status"] = await until(
    async () => (await client.GET("/v1/avatars/{avatar}/trainings/{number}", order)).data,
    ({ status }) => status !== "in_progress",
);
assert.equal(trained.status, "completed");
const rejected: Schemas["RejectedPhoto"][] = every(trained).rejected_photos;
assert.deepEqual(rejected, []);
assert(trained.model);
const file: Schemas["File"] = every(every(trained.model).file);
const model = await client.GET("/v1/avatars/{avatar}/trainings/{number}/model", { ...order, parseAs: "blob" });
assert(model.data);
const bytes: Blob = model.data;
assert.equal(bytes.size, file.length);

const wanted: Schemas["NewPictures"] = { prompt: "at the sea", count: 2 };
await client.PUT("/v1/avatars/{avatar}/pictures/{number}", { ...order, body: wanted });
const pictures: Schemas["PicturesStatus"] = await until(
    async () => (await client.GET("/v1/avatars/{avatar}/pictures/{number}", order)).data,
    ({ status }) => status !== "in_progress",
);
assert.equal(pictures.status, "completed");
const files: Schemas["File"][] = every(pictures).files;
const picture = await client.GET("/v1/avatars/{avatar}/pictures/{number}/files/{file}", {
    params: { path: { avatar, number: 1, file: 2 } },
    parseAs: "blob",
});
assert.equal(picture.data?.size, files[1]?.length);

const shown = await client.GET("/v1/avatars/{avatar}", { params: { path } });
assert(shown.data);
assert.equal(every(shown.data).trainings[0]?.request_id, trained.request_id);
const erased = await client.DELETE("/v1/avatars/{avatar}", { params: { path } });
assert.equal(erased.data?.erased, avatar);
const gone = await client.GET("/v1/avatars/{avatar}", { params: { path } });
assert.equal(gone.error?.code, "avatar.erased");

/** Looks again and again until `done` accepts the result, and returns that. */
async function until<T>(look: () => Promise<T | undefined>, done: (found: T) => boolean): Promise<T> {
    for (const end = Date.now() + 90_000; ; ) {
        const found = await look();
        if (found !== undefined && done(found)) return found;
        assert(Date.now() < end, JSON.stringify(found));
        await new Promise((later) => setTimeout(later, 200));
    }
}
