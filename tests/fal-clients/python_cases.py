"""Runs cases of fal's Python client against the simulator: python_cases.py CASE... See run.py.

The client is unchanged; front.py leads its connections here from outside. Two of its settings are changed: the size
from which it uploads in parts, so that a small file will do, and the pause before it posts again.
"""

import hashlib
import io
import os
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import fal_client
import httpx
from fal_client import client as internals

from results import INPUTS, ZIP, check, failing, run

TRAINER, GENERATOR = INPUTS["trainer"], INPUTS["generator"]
PROMPT = {"prompt": "a portrait", "image_size": "square", "seed": 7}


def uploaded_zip():
    return fal_client.upload_file(ZIP)


def trained(**options):
    return fal_client.submit(TRAINER, {**INPUTS["training"], "images_data_url": uploaded_zip()}, **options)


def submit():
    handle = fal_client.submit(GENERATOR, PROMPT)
    base = f"https://queue.fal.run/{GENERATOR}/requests/{handle.request_id}"
    check("response_url", handle.response_url, base)
    check("status_url", handle.status_url, f"{base}/status")
    check("cancel_url", handle.cancel_url, f"{base}/cancel")


def status():
    handle = fal_client.submit(GENERATOR, PROMPT)
    handle.get()
    last = fal_client.status(GENERATOR, handle.request_id, with_logs=True)
    check("at last", type(last), fal_client.Completed)
    check("metrics", sorted(last.metrics), ["inference_time"])
    check("a log line", sorted(last.logs[0]), ["level", "message", "source", "timestamp"])
    check("no error", (last.error, last.error_type), (None, None))
    check("logs unless asked", fal_client.status(GENERATOR, handle.request_id).logs, None)


def events():
    seen = list(trained().iter_events(with_logs=True, interval=0.05))
    kinds = [fal_client.Queued, fal_client.InProgress, fal_client.Completed]
    order = [kinds.index(type(event)) for event in seen]
    check("in order", order, sorted(order))
    # The request may have left the queue before the first look.
    check("its run and its end", sorted(set(order) - {0}), [1, 2])
    positions = [event.position for event in seen if isinstance(event, fal_client.Queued)]
    check("the position falls", positions, sorted(positions, reverse=True))
    counts = [len(event.logs) for event in seen if not isinstance(event, fal_client.Queued)]
    check("the log grows", counts, sorted(counts))


def result():
    handle = fal_client.submit(GENERATOR, {**PROMPT, "num_images": 2})
    handle.get()
    output = fal_client.result(GENERATOR, handle.request_id)
    check("fields", sorted(output), ["has_nsfw_concepts", "images", "prompt", "seed", "timings"])
    check("images", len(output["images"]), 2)
    check("the seed", output["seed"], 7)
    answer = httpx.get(output["images"][0]["url"])
    check("a picture", (answer.status_code, answer.headers["content-type"]), (200, "image/jpeg"))
    check("its first bytes", answer.content[:2], b"\xff\xd8")


def subscribe():
    ids, seen = [], []
    output = fal_client.subscribe(
        GENERATOR, PROMPT, with_logs=True, on_enqueue=ids.append, on_queue_update=seen.append
    )
    check("one id", len(ids), 1)
    check("the end is told", type(seen[-1]), fal_client.Completed)
    check("the prompt comes back", output["prompt"], "a portrait")


def cancel():
    handle = fal_client.submit(GENERATOR, PROMPT)
    first = handle.status(with_logs=True)
    check("at first", type(first), fal_client.Queued)
    check("the position is a number", type(first.position), int)
    handle.cancel()
    last = list(handle.iter_events(interval=0.05))[-1]
    check("it is COMPLETED", type(last), fal_client.Completed)
    check("as cancelled", last.error_type, "client_cancelled")
    error = failing(fal_client.FalClientHTTPError, handle.get)
    check("its result", (error.status_code, error.error_type), (499, "client_cancelled"))
    error = failing(fal_client.FalClientHTTPError, handle.cancel)
    check("again", (error.status_code, error.response.json()), (400, {"status": "ALREADY_COMPLETED"}))


def client_timeout():
    arguments = {**INPUTS["training"], "images_data_url": uploaded_zip()}
    # Unless told otherwise, the client asks fal to give up at the client's timeout too, and either may come first.
    with warnings.catch_warnings(action="ignore"):
        error = failing(
            fal_client.FalClientTimeoutError,
            lambda: fal_client.subscribe(TRAINER, arguments, client_timeout=1.2, start_timeout=600),
        )
    last = list(fal_client.SyncClient().get_handle(TRAINER, error.request_id).iter_events())[-1]
    check("the client has cancelled", last.error_type, "client_cancelled")


def fetched(url, data, content_type):
    answer = httpx.get(url)
    check("it is there", (answer.status_code, answer.headers["content-type"]), (200, content_type))
    check("the same bytes", hashlib.sha256(answer.content).hexdigest(), hashlib.sha256(data).hexdigest())


def upload():
    data = os.urandom(50_000)
    url = fal_client.upload(data, "image/png", "a photo.png")
    check("the host", httpx.URL(url).host, "v3b.fal.media")
    fetched(url, data, "image/png")


def part(url, data):
    """Fetches a part of a file, as resumed transfers do."""
    answer = httpx.get(url, headers={"Range": "bytes=39990-40009"})
    said = (answer.status_code, answer.headers["content-range"])
    check("a part of it", said, (206, f"bytes 39990-40009/{len(data)}"))
    check("the part's bytes", answer.content, data[39990:40010])


def upload_large():
    """Uploads more than the simulator holds in memory, whole and in parts of a megabyte."""
    data = os.urandom(1_000_000)
    url = fal_client.upload(data, "image/png", "a.png")
    fetched(url, data, "image/png")
    part(url, data)
    internals.MULTIPART_THRESHOLD, internals.MULTIPART_CHUNK_SIZE = 2_000_000, 1_000_000
    data = os.urandom(3_500_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photos.zip"
        path.write_bytes(data)
        url = fal_client.upload_file(path)
    fetched(url, data, "application/zip")
    part(url, data)


def upload_signed():
    data = os.urandom(50_000)
    fetched(fal_client.upload(data, "image/png", "a.png", repository="fal"), data, "image/png")


def upload_in_parts():
    internals.MULTIPART_THRESHOLD, internals.MULTIPART_CHUNK_SIZE = 10_000, 4_000
    data = os.urandom(50_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photos.zip"
        path.write_bytes(data)
        fetched(fal_client.upload_file(path), data, "application/zip")
    fetched(fal_client.upload(data, "image/png", "a.png"), data, "image/png")


def upload_forbidden():
    settings = fal_client.StorageSettings(
        expires_in="1d", initial_acl=fal_client.StorageACL(default="forbid")
    )
    url = fal_client.upload(b"private", "text/plain", "a.txt", lifecycle=settings)
    check("without a key", httpx.get(url).status_code, 403)


def train():
    handle = trained()
    output = handle.get(interval=0.05)
    check("files", sorted(output), ["config_file", "diffusers_lora_file"])
    lora = output["diffusers_lora_file"]
    check("the type", lora["content_type"], "application/octet-stream")
    check("the size", len(httpx.get(lora["url"]).content), lora["file_size"])
    config = httpx.get(output["config_file"]["url"]).json()
    check("the photos that it saw", config["images"], INPUTS["photos"])
    picture = fal_client.subscribe(GENERATOR, {**PROMPT, "loras": [{"path": lora["url"], "scale": 1.1}]})
    check("a picture of it", len(picture["images"]), 1)
    lost = fal_client.submit(GENERATOR, {**PROMPT, "loras": [{"path": lora["url"] + "x"}]})
    error = failing(fal_client.FalClientHTTPError, lost.get)
    check("of no LoRA", error.response.json()["detail"][0]["type"], "file_download_error")


def webhook():
    handle = trained(webhook_url=os.environ["WEBHOOK"])
    handle.get()
    return handle.request_id


def refused(status, act):
    error = failing(fal_client.FalClientHTTPError, act)
    check("the status", error.status_code, status)
    check("the id of the call", len(error.response_headers["x-fal-request-id"]), 36)
    return error


def input_refused():
    error = refused(422, lambda: fal_client.submit(TRAINER, {"steps": 0, "learning_rate": "fast"}))
    detail = error.response.json()["detail"]
    found = {(entry["loc"][-1], entry["type"]) for entry in detail}
    expected = {
        ("images_data_url", "missing"), ("steps", "greater_than_equal"), ("learning_rate", "float_parsing")
    }
    check("every mistake", found, expected)
    check("not to be tried again", error.response_headers["x-fal-retryable"], "false")


def archive_refused():
    """Gets a refusal as the result, since only the running model reads the archive."""
    few = io.BytesIO()
    with zipfile.ZipFile(few, "w") as opened:
        opened.writestr("photo_001.jpg", b"a photo")
    for data, kind in [(b"no archive", "invalid_archive"), (few.getvalue(), "archive_file_count_below_minimum")]:
        url = fal_client.upload(data, "application/zip", "photos.zip")
        handle = fal_client.submit(TRAINER, {**INPUTS["training"], "images_data_url": url})
        error = refused(422, lambda: handle.get(interval=0.05))
        detail, = error.response.json()["detail"]
        check("why, and where", (detail["type"], detail["loc"]), (kind, ["body", "images_data_url"]))


def not_found():
    error = refused(404, lambda: fal_client.submit("fal-ai/no-such-model", PROMPT))
    check("the reason", error.message, 'Application "fal-ai/no-such-model" not found')
    error = refused(404, lambda: fal_client.status(GENERATOR, INPUTS["request_id"]))
    check("the request", error.response.json(), {"status": "NOT_FOUND"})


def other_key():
    handle = fal_client.submit(GENERATOR, PROMPT)
    other = fal_client.SyncClient(key="somebody:else")
    refused(404, lambda: other.status(GENERATOR, handle.request_id))
    error = refused(401, lambda: fal_client.SyncClient(key="nonsense").submit(GENERATOR, PROMPT))
    check("the reason", error.message.split(".")[0], "Invalid Key Authorization header format")


def unauthorized():
    error = refused(401, lambda: fal_client.submit(GENERATOR, PROMPT))
    check("the reason", error.message, "No user found for Key ID and Secret")


def balance_exhausted():
    error = refused(403, lambda: fal_client.submit(GENERATOR, PROMPT))
    check("the reason", error.message.split(".")[:2], ["User is locked", " Reason: Exhausted balance"])


def training_failed():
    handle = trained()
    last = list(handle.iter_events(interval=0.05))[-1]
    check("it is COMPLETED", (type(last), last.error_type), (fal_client.Completed, "internal_server_error"))
    error = failing(fal_client.FalClientHTTPError, handle.get)
    check("its result", (error.status_code, error.response.json()["detail"][0]["type"]), (500, last.error_type))


def runner_lost():
    handle = fal_client.submit(GENERATOR, PROMPT)
    error = failing(fal_client.FalClientHTTPError, handle.get)
    check("its result", (error.status_code, error.error_type), (503, "runner_disconnected"))


def rate_limited():
    return fal_client.submit(GENERATOR, PROMPT).request_id


def hurry():
    """Shortens the client's pauses, with which ten posts take a minute; their number stays the client's."""
    pause = internals.time.sleep
    internals.time.sleep = lambda seconds: pause(seconds / 100)


def answer_lost():
    hurry()
    failing(httpx.TransportError, lambda: fal_client.submit(GENERATOR, PROMPT))


def bad_gateway():
    hurry()
    failing(fal_client.FalClientHTTPError, lambda: fal_client.submit(GENERATOR, PROMPT))


if __name__ == "__main__":
    run({name: globals()[name] for name in sys.argv[1:]})
