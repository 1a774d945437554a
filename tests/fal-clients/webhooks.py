"""Receives webhooks, and verifies them as fal's page of webhooks tells, with another Ed25519 than ours."""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from results import check


class Receiver:
    """A server that keeps every webhook, by the id of its request."""

    def __init__(self):
        self.deliveries, self.arrived = {}, threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                with receiver.arrived:
                    receiver.deliveries[self.headers["x-fal-webhook-request-id"]] = (self.headers, body)
                    receiver.arrived.notify_all()
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/hook?a=b%20c"

    def delivery(self, request_id):
        with self.arrived:
            if not self.arrived.wait_for(lambda: request_id in self.deliveries, 10):
                raise TimeoutError(f"no webhook for {request_id} in 10 s")
            return self.deliveries[request_id]


def verify(delivery, get):
    """Verifies a message (https://fal.ai/docs/documentation/model-apis/inference/webhooks, "Verifying your webhook")."""
    headers, body = delivery
    request_id = headers["x-fal-webhook-request-id"]
    user_id = headers["x-fal-webhook-user-id"]
    timestamp = headers["x-fal-webhook-timestamp"]
    check("within five minutes", abs(time.time() - int(timestamp)) <= 300, True)
    message = "\n".join([request_id, user_id, timestamp, hashlib.sha256(body).hexdigest()]).encode()
    signature = bytes.fromhex(headers["x-fal-webhook-signature"])
    keys = get("/.well-known/jwks.json")["keys"]
    check("the keys", [(key["kty"], key["crv"]) for key in keys], [("OKP", "Ed25519")])
    # A signature that is not of this key raises.
    public = base64.urlsafe_b64decode(keys[0]["x"] + "=" * (-len(keys[0]["x"]) % 4))
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    told = json.loads(body)
    check("its fields", sorted(told), ["gateway_request_id", "payload", "request_id", "status"])
    check("what it tells", (told["status"], told["request_id"]), ("OK", request_id))
    check("its payload", sorted(told["payload"]), ["config_file", "diffusers_lora_file"])
    return "signature verified"
