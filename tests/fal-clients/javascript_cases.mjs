// Runs cases of fal's JavaScript client against the simulator: javascript_cases.mjs CASE... See run.py.
//
// The client is unchanged: the proxy that the environment names leads its connections here.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const installed = createRequire(`${process.env.CLIENTS}/javascript/`);
const { EnvHttpProxyAgent, setGlobalDispatcher } = installed("undici");
setGlobalDispatcher(new EnvHttpProxyAgent());
const { ApiError, ValidationError, createFalClient } = installed("@fal-ai/client");

const inputs = JSON.parse(readFileSync(new URL("inputs.json", import.meta.url)));
const { trainer, generator } = inputs;
const { ZIP, LARGE_ZIP, LARGE_SHA256, WEBHOOK, BASE } = process.env;
const fal = createFalClient();
const prompt = { prompt: "a portrait", image_size: "square", seed: 7 };

const file = (bytes, name, type) => new File([bytes], name, { type });
const zip = () => file(readFileSync(ZIP), "photos.zip", "application/zip");
const submitted = async (endpoint, input, options = {}) =>
  (await fal.queue.submit(endpoint, { input, ...options })).request_id;
const trained = async (path, options) => {
  const url = await fal.storage.upload(file(readFileSync(path), "photos.zip", "application/zip"));
  return submitted(trainer, { ...inputs.training, images_data_url: url }, options);
};
const generated = () => submitted(generator, prompt);
const completed = (endpoint, requestId) =>
  fal.queue.subscribeToStatus(endpoint, { requestId, pollInterval: 50 });
const result = async (endpoint, requestId) => {
  await completed(endpoint, requestId);
  return fal.queue.result(endpoint, { requestId });
};

async function failing(kind, act) {
  const error = await act().then((value) => assert.fail(`no failure: ${JSON.stringify(value)}`), (e) => e);
  if (error.constructor !== kind) throw error;
  return error;
}

async function refused(kind, status, act) {
  const error = await failing(kind, act);
  assert.equal(error.status, status);
  assert.equal(error.requestId.length, 36);
  return error;
}

async function fetched(url, bytes, type) {
  const answer = await fetch(url);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), type);
  assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes), "the bytes are others");
}

// Fetches a part of a file, as resumed transfers do.
async function part(url, bytes) {
  const answer = await fetch(url, { headers: { range: "bytes=39990-40009" } });
  assert.equal(answer.status, 206);
  assert.equal(answer.headers.get("content-range"), `bytes 39990-40009/${bytes.length}`);
  assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(39990, 40010)), "the bytes are others");
}

const cases = {
  async submit() {
    const answer = await fal.queue.submit(generator, { input: prompt, priority: "low", hint: "warm" });
    const base = `https://queue.fal.run/${generator}/requests/${answer.request_id}`;
    assert.deepEqual(answer, {
      status: "IN_QUEUE",
      request_id: answer.request_id,
      queue_position: answer.queue_position,
      response_url: base,
      status_url: `${base}/status`,
      cancel_url: `${base}/cancel`,
    });
    assert.equal(typeof answer.queue_position, "number");
  },

  async status() {
    const requestId = await generated();
    await completed(generator, requestId);
    const last = await fal.queue.status(generator, { requestId, logs: true });
    assert.equal(last.status, "COMPLETED");
    assert.deepEqual(Object.keys(last.metrics), ["inference_time"]);
    assert.deepEqual(Object.keys(last.logs[0]).sort(), ["level", "message", "source", "timestamp"]);
    assert.ok(!last.error && !last.error_type);
  },

  async events() {
    const requestId = await trained(ZIP);
    const seen = [];
    const stream = await fal.queue.streamStatus(trainer, { requestId, logs: true });
    stream.on("data", (status) => seen.push(status));
    const last = await stream.done();
    assert.equal(last.status, "COMPLETED");
    const kinds = ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"];
    const order = seen.map(({ status }) => kinds.indexOf(status));
    assert.deepEqual(order, [...order].sort());
    // The request may have left the queue before the first look.
    assert.deepEqual([...new Set(order)].filter((kind) => kind > 0), [1, 2]);
  },

  // The client joins the lines of all events, so each line must come once.
  async subscribe_by_events() {
    const requestId = await trained(ZIP);
    let last;
    await fal.queue.subscribeToStatus(trainer, {
      requestId, mode: "streaming", logs: true, onQueueUpdate: (status) => (last = status),
    });
    const { logs } = await fal.queue.status(trainer, { requestId, logs: true });
    assert.deepEqual(last.logs, logs);
  },

  async result() {
    const requestId = await submitted(generator, { ...prompt, num_images: 2 });
    const answer = await result(generator, requestId);
    assert.equal(answer.requestId, requestId);
    const fields = ["has_nsfw_concepts", "images", "prompt", "seed", "timings"];
    assert.deepEqual(Object.keys(answer.data).sort(), fields);
    assert.equal(answer.data.images.length, 2);
    assert.equal(answer.data.seed, 7);
    const picture = await fetch(answer.data.images[0].url);
    assert.equal(picture.headers.get("content-type"), "image/jpeg");
    assert.deepEqual([...new Uint8Array(await picture.arrayBuffer()).slice(0, 2)], [0xff, 0xd8]);
  },

  async subscribe() {
    const [ids, seen] = [[], []];
    const { data, requestId } = await fal.subscribe(generator, {
      input: prompt, logs: true, pollInterval: 50,
      onEnqueue: (id) => ids.push(id), onQueueUpdate: ({ status }) => seen.push(status),
    });
    assert.deepEqual(ids, [requestId]);
    assert.equal(seen.at(-1), "COMPLETED");
    assert.equal(data.prompt, "a portrait");
  },

  async cancel() {
    const requestId = await generated();
    const first = await fal.queue.status(generator, { requestId, logs: true });
    assert.equal(first.status, "IN_QUEUE");
    assert.equal(typeof first.queue_position, "number");
    await fal.queue.cancel(generator, { requestId });
    const last = await completed(generator, requestId);
    assert.equal(last.error_type, "client_cancelled");
    const error = await refused(ApiError, 499, () => fal.queue.result(generator, { requestId }));
    assert.equal(error.body.error_type, "client_cancelled");
    const again = await refused(ApiError, 400, () => fal.queue.cancel(generator, { requestId }));
    assert.deepEqual(again.body, { status: "ALREADY_COMPLETED" });
  },

  async client_timeout() {
    let requestId;
    const error = await failing(Error, async () =>
      fal.subscribe(trainer, {
        input: { ...inputs.training, images_data_url: await fal.storage.upload(zip()) },
        timeout: 1200, pollInterval: 50, onEnqueue: (id) => (requestId = id),
      }));
    assert.match(error.message, /^Client timed out waiting/);
    const last = await completed(trainer, requestId);
    assert.equal(last.error_type, "client_cancelled");
  },

  async upload() {
    const bytes = randomBytes(50_000);
    const url = await fal.storage.upload(file(bytes, "a photo.png", "image/png"));
    assert.equal(new URL(url).host, "v3b.fal.media");
    await fetched(url, bytes, "image/png");
  },

  // A file larger than the simulator holds in memory, and one above 90 MiB, which goes in parts.
  async upload_large() {
    const bytes = randomBytes(1_000_000);
    const url = await fal.storage.upload(file(bytes, "a.png", "image/png"));
    await fetched(url, bytes, "image/png");
    await part(url, bytes);
    const large = readFileSync(LARGE_ZIP);
    const inParts = await fal.storage.upload(file(large, "photos.zip", "application/zip"));
    const answer = await fetch(inParts);
    const sum = createHash("sha256");
    for await (const chunk of answer.body) sum.update(chunk);
    assert.equal(sum.digest("hex"), LARGE_SHA256);
    await part(inParts, large);
  },

  async upload_in_input() {
    const input = await fal.storage.transformInput({ ...inputs.training, images_data_url: zip() });
    const { data } = await result(trainer, await submitted(trainer, input));
    assert.ok(data.diffusers_lora_file.url);
  },

  async upload_forbidden() {
    const lifecycle = { expiresIn: "1d", initialAcl: { default: "forbid" } };
    const url = await fal.storage.upload(file("private", "a.txt", "text/plain"), { lifecycle });
    assert.equal((await fetch(url)).status, 403);
  },

  // A file above 90 MiB goes in parts. The archive is readable only if they were joined in order.
  async upload_in_parts() {
    const { data } = await result(trainer, await trained(LARGE_ZIP));
    const config = await (await fetch(data.config_file.url)).json();
    assert.equal(config.images, inputs.photos);
  },

  async train() {
    const { data } = await result(trainer, await trained(ZIP));
    assert.deepEqual(Object.keys(data).sort(), ["config_file", "diffusers_lora_file"]);
    const lora = data.diffusers_lora_file;
    assert.equal((await (await fetch(lora.url)).arrayBuffer()).byteLength, lora.file_size);
    const config = await (await fetch(data.config_file.url)).json();
    assert.equal(config.images, inputs.photos);
    const loras = [{ path: lora.url, scale: 1.1 }];
    const picture = await result(generator, await submitted(generator, { ...prompt, loras }));
    assert.equal(picture.data.images.length, 1);
    const lost = await submitted(generator, { ...prompt, loras: [{ path: `${lora.url}x` }] });
    const error = await refused(ValidationError, 422, () => result(generator, lost));
    assert.equal(error.fieldErrors[0].type, "file_download_error");
  },

  async webhook() {
    const requestId = await trained(ZIP, { webhookUrl: WEBHOOK });
    await completed(trainer, requestId);
    return requestId;
  },

  async by_proxy_protocol() {
    const proxied = createFalClient({ proxyUrl: { url: `${BASE}/api/fal/proxy`, when: "always" } });
    const { data } = await proxied.subscribe(generator, { input: prompt, pollInterval: 50 });
    assert.equal(data.images.length, 1);
  },

  async input_refused() {
    const input = { steps: 0, learning_rate: "fast" };
    const error = await refused(ValidationError, 422, () => submitted(trainer, input));
    const found = error.fieldErrors.map(({ loc, type }) => `${loc.at(-1)} ${type}`).sort();
    assert.deepEqual(found, [
      "images_data_url missing", "learning_rate float_parsing", "steps greater_than_equal",
    ]);
    assert.equal(error.getFieldErrors("steps")[0].ctx.ge, 1);
  },

  // Only the running model finds out what an archive holds: the refusal is the result.
  async archive_refused() {
    const url = await fal.storage.upload(file("no archive", "photos.zip", "application/zip"));
    const requestId = await submitted(trainer, { ...inputs.training, images_data_url: url });
    const error = await refused(ValidationError, 422, () => result(trainer, requestId));
    const [{ type, loc }] = error.fieldErrors;
    assert.deepEqual([type, loc], ["invalid_archive", ["body", "images_data_url"]]);
  },

  async not_found() {
    const error = await refused(ApiError, 404, () => submitted("fal-ai/no-such-model", prompt));
    assert.equal(error.body.detail, 'Application "fal-ai/no-such-model" not found');
    const requestId = inputs.request_id;
    const unknown = await refused(ApiError, 404, () => fal.queue.status(generator, { requestId }));
    assert.deepEqual(unknown.body, { status: "NOT_FOUND" });
  },

  async other_key() {
    const requestId = await generated();
    const other = createFalClient({ credentials: "somebody:else" });
    await refused(ApiError, 404, () => other.queue.status(generator, { requestId }));
    const wrong = createFalClient({ credentials: "nonsense" });
    const error = await refused(ApiError, 401, () => wrong.queue.submit(generator, { input: prompt }));
    assert.match(error.body.detail, /^Invalid Key Authorization header format/);
  },

  async unauthorized() {
    const error = await refused(ApiError, 401, generated);
    assert.equal(error.body.detail, "No user found for Key ID and Secret");
  },

  async balance_exhausted() {
    const error = await refused(ApiError, 403, generated);
    assert.match(error.body.detail, /^User is locked\. Reason: Exhausted balance/);
  },

  async training_failed() {
    const requestId = await trained(ZIP);
    const last = await completed(trainer, requestId);
    assert.equal(last.error_type, "internal_server_error");
    const error = await refused(ApiError, 500, () => fal.queue.result(trainer, { requestId }));
    assert.equal(error.body.detail[0].type, last.error_type);
  },

  async runner_lost() {
    const requestId = await generated();
    const error = await refused(ApiError, 503, () => result(generator, requestId));
    assert.equal(error.body.error_type, "runner_disconnected");
  },

  rate_limited: generated,

  async answer_lost() {
    await failing(TypeError, generated);
  },

  async bad_gateway() {
    const error = await failing(ApiError, generated);
    assert.equal(error.status, 502);
  },
};

for (const name of process.argv.slice(2)) {
  const said = { case: name };
  try {
    said.value = (await cases[name]()) ?? null;
  } catch (error) {
    said.failure = error.code === "ERR_ASSERTION" ? error.message : error.stack + describe(error);
  }
  console.log(JSON.stringify(said));
}

function describe(error) {
  const shown = [error.status, JSON.stringify(error.body), error.cause].filter(Boolean);
  return shown.length > 0 ? `\n  ${shown.join(" ")}` : "";
}
