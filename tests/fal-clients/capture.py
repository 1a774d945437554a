"""Records the requests of fal's own clients, as the fixtures with which Likeness's requests are compared.

Both clients are the released ones, pointed at a server on this machine:

    scripts/setup clients
    CLIENTS=.cache/clients .cache/clients/python/bin/python tests/fal-clients/capture.py core/src/fal/fixtures

scripts/test-clients asserts that the fixtures are still what the clients send.
"""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
INPUTS = json.loads((HERE / "inputs.json").read_text())
KEPT_HEADERS = ("accept", "authorization", "content-type")
JAVASCRIPT_CALLS = (
    "submit", "generate", "status", "result", "cancel", "result_of_a_sub_path", "upload", "upload_in_parts"
)


class Handler(BaseHTTPRequestHandler):
    """A handler that keeps every request and answers as fal does when all goes well."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        kept = {
            name.lower(): value
            for name, value in sorted(self.headers.items(), key=lambda header: header[0].lower())
            if name.lower() in KEPT_HEADERS or name.lower().startswith("x-fal-")
        }
        is_json = kept.get("content-type") == "application/json" and body
        self.server.seen.append({
            "method": self.command,
            "target": self.path,
            "headers": kept,
            **({"json": json.loads(body)} if is_json else {"length": len(body)}),
        })
        answer = json.dumps(self.answer_to(self.path.partition("?")[0])).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = answer

    def answer_to(self, path):
        base = f"http://{self.headers['host']}"
        request = f"{base}/{INPUTS['trainer']}/requests/{INPUTS['request_id']}"
        if path.startswith("/storage/upload/"):
            return {"upload_url": f"{base}/signed/u1?sig=a%2Bb", "file_url": "https://v3b.fal.media/files/b/0a1b/photos.zip"}
        if path.startswith("/signed/u1/"):
            part = path.rpartition("/")[2]
            return {} if part == "complete" else {"partNumber": int(part), "etag": f'"e{part}"'}
        if path.endswith("/cancel"):
            return {"status": "CANCELLATION_REQUESTED"}
        if path.endswith("/status"):
            return {"status": "COMPLETED", "logs": [], "metrics": {}, "response_url": request}
        return {
            "status": "IN_QUEUE", "request_id": INPUTS["request_id"], "queue_position": 0,
            "response_url": request, "status_url": f"{request}/status", "cancel_url": f"{request}/cancel",
        }


def python_calls(base):
    os.environ["FAL_KEY"] = "kid:secret"
    import fal_client
    import fal_client.client as client

    client.QUEUE_URL_FORMAT = client.RUN_URL_FORMAT = base + "/"
    client.REST_URL = base
    trainer, request_id = INPUTS["trainer"], INPUTS["request_id"]
    expiring = {"X-Fal-Object-Lifecycle-Preference": json.dumps({"expiration_duration_seconds": INPUTS["week"]})}
    return {
        "submit": lambda: fal_client.submit(
            trainer, INPUTS["training"], webhook_url=INPUTS["webhook"], headers=expiring
        ),
        "generate": lambda: fal_client.submit(INPUTS["generator"], INPUTS["generation"], headers=expiring),
        "status": lambda: fal_client.status(trainer, request_id, with_logs=True),
        "result": lambda: fal_client.result(trainer, request_id),
        "cancel": lambda: fal_client.cancel(trainer, request_id),
        # Upload by fal's REST service, as the other client and Likeness do; by default this client uploads to the CDN.
        "upload": lambda: fal_client.upload(
            bytes(1000), "application/zip", "photos.zip", repository="fal",
            lifecycle=fal_client.StorageSettings(expires_in=INPUTS["week"]),
        ),
    }


def main(target):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]

    def captured(call):
        server.seen = []
        call()
        return server.seen

    def javascript(name):
        return lambda: subprocess.run(["node", str(HERE / "capture.mjs"), base, name], check=True)

    installed = Path(os.environ["CLIENTS"]).resolve()
    os.environ["CLIENTS"] = str(installed)
    package = json.loads((installed / "javascript/node_modules/@fal-ai/client/package.json").read_text())
    clients = {
        "python": (f"fal-client {version('fal-client')}", python_calls(base)),
        "javascript": (f"@fal-ai/client {package['version']}", {name: javascript(name) for name in JAVASCRIPT_CALLS}),
    }
    for name, (client, calls) in clients.items():
        sent = {call: captured(run) for call, run in calls.items()}
        text = json.dumps({"client": client, "calls": sent}, indent=2, ensure_ascii=False)
        (Path(target) / f"sent_by_{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
