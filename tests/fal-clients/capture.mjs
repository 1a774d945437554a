// Makes one call of fal's JavaScript client: node capture.mjs BASE CALL. See capture.py.
import { File } from "node:buffer";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { createFalClient } = createRequire(`${process.env.CLIENTS}/javascript/`)("@fal-ai/client");

const [base, call] = process.argv.slice(2);
const { trainer, training, generator, generation, webhook, request_id, week } = JSON.parse(
  readFileSync(new URL("inputs.json", import.meta.url)),
);
const fal = createFalClient({
  credentials: "kid:secret",
  fetch: (url, init) => fetch(String(url).replace(/^https:\/\/(queue\.fal\.run|rest\.fal\.ai)/, base), init),
});
const storageSettings = { expiresIn: week };
const zip = (bytes) => new File([new Uint8Array(bytes)], "photos.zip", { type: "application/zip" });
const upload = (bytes) => fal.storage.upload(zip(bytes), { lifecycle: storageSettings });

await {
  submit: () => fal.queue.submit(trainer, { input: training, webhookUrl: webhook, storageSettings }),
  generate: () => fal.queue.submit(generator, { input: generation, storageSettings }),
  status: () => fal.queue.status(trainer, { requestId: request_id, logs: true }),
  result: () => fal.queue.result(trainer, { requestId: request_id }),
  cancel: () => fal.queue.cancel(trainer, { requestId: request_id }),
  result_of_a_sub_path: () => fal.queue.result(`${generator}/image-to-image`, { requestId: request_id }),
  upload: () => upload(1000),
  upload_in_parts: () => upload(90 * 1024 * 1024 + 1),
}[call]();
