"""Runs fal's released clients against the simulator: run.py LIKENESS, where LIKENESS is the built program.

Each client is a program of its own that knows nothing of the simulator. A simulator is started for each kind of
fault, which its arguments name. Also checked: that the stored fixtures of the clients' requests are
what they send now, and that other programs can read our archives. See scripts/test-clients.
"""

import concurrent.futures
import difflib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import archives
import front
import webhooks
from results import INPUTS, check

HERE = Path(__file__).parent
PROGRAMS = {
    "python": [sys.executable, HERE / "python_cases.py"],
    "javascript": ["node", HERE / "javascript_cases.mjs"],
}
BOTH = ("python", "javascript")
WELL = {
    "submit": BOTH,
    "status": BOTH,
    "events": BOTH,
    "subscribe_by_events": ("javascript",),
    "result": BOTH,
    "subscribe": BOTH,
    "upload": BOTH,
    "upload_large": BOTH,
    "upload_signed": ("python",),
    "upload_in_input": ("javascript",),
    "upload_in_parts": BOTH,
    "upload_forbidden": BOTH,
    "train": BOTH,
    "webhook": BOTH,
    "by_proxy_protocol": ("javascript",),
    "input_refused": BOTH,
    "archive_refused": BOTH,
    "not_found": BOTH,
    "other_key": BOTH,
}
# Cases with a simulator of their own each: its faults, and the posts and purchases that one submit then leads to.
TROUBLE = {
    # A request that stays in the queue can be looked at and cancelled, however slow this machine is.
    "cancel": ("stuck-in-queue", {"python": (1, 1), "javascript": (1, 1)}),
    "client_timeout": ("stuck-in-queue", {"python": (1, 1), "javascript": (1, 1)}),
    "unauthorized": ("unauthorized", {"python": (1, 0), "javascript": (1, 0)}),
    "balance_exhausted": ("balance-exhausted", {"python": (1, 0), "javascript": (1, 0)}),
    "training_failed": ("training-failed", {"python": (1, 1), "javascript": (1, 1)}),
    "runner_lost": ("runner-lost", {"python": (1, 1), "javascript": (1, 1)}),
    "rate_limited": ("rate-limited=2", {"python": (3, 1), "javascript": (3, 1)}),
    "answer_lost": ("submit-accepted-then-dropped=100", {"python": (10, 10), "javascript": (4, 4)}),
    "bad_gateway": ("submit-accepted-then-failed=100", {"python": (10, 10), "javascript": (4, 4)}),
}


class Simulator:
    """A `likeness simulate` under fal's own names."""

    def __init__(self, likeness, folder, authority, *faults):
        self.log = tempfile.TemporaryFile(dir=folder)
        self.process = subprocess.Popen(
            [likeness, "simulate", "--listen", "127.0.0.1:0", "--addresses", "fal", "--duration", "3s", "--json"]
            + [word for fault in faults for word in ("--fault", fault)],
            stdout=subprocess.PIPE, stderr=self.log, text=True, env=without_proxies(),
        )
        self.base = json.loads(self.process.stdout.readline())["listening"]
        self.front = front.Front(authority, int(self.base.rpartition(":")[2]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.front.close()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def posts(self):
        """Counts the submits in the log, answered or not."""
        self.log.seek(0)
        return sum("POST /fal-ai/" in line for line in self.log.read().decode().splitlines())

    def purchases(self):
        """Counts the accepted requests in fal's own list, once all are over."""
        count, still = -1, 0
        while still < 2:
            now = sum(len(self.get(f"/v1/models/requests/by-endpoint?endpoint_id={endpoint}")["items"])
                      for endpoint in (INPUTS["trainer"], INPUTS["generator"]))
            count, still = now, still + 1 if now == count else 0
            time.sleep(1.7)
        return count

    def get(self, path):
        request = urllib.request.Request(self.base + path, headers={"Authorization": "Key kid:secret"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.load(answer)


def without_proxies():
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


class Run:
    def __init__(self, likeness, folder):
        self.likeness, self.folder = likeness, Path(folder)
        self.authority = front.Authority(folder)
        self.receiver = webhooks.Receiver()
        self.zip, self.large_zip = archives.samples(self.folder, INPUTS["photos"])
        self.table, self.hosts, self.lock = [], set(), threading.Lock()

    def note(self, case, who, failure=None, said="", seconds=0.0):
        with self.lock:
            self.table.append((case, who, failure, said, seconds))

    def cases(self, simulator, who, names):
        """Runs these cases in one program of the client, and returns the outcome of each."""
        environment = {
            **without_proxies(),
            "FAL_KEY": "kid:secret",
            "HTTPS_PROXY": simulator.front.url,
            "SSL_CERT_FILE": str(self.authority.certificate),
            "NODE_EXTRA_CA_CERTS": str(self.authority.certificate),
            "NODE_NO_WARNINGS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "BASE": simulator.base,
            "WEBHOOK": self.receiver.url,
            "ZIP": str(self.zip),
            "LARGE_ZIP": str(self.large_zip),
            "LARGE_SHA256": hashlib.sha256(self.large_zip.read_bytes()).hexdigest(),
        }
        started = time.monotonic()
        process = subprocess.Popen(
            [*PROGRAMS[who], *names], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        values = {}
        # Other output of a client, such as that it tries again, is shown only when there are no results.
        errors = []
        reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
        reader.start()
        for line in process.stdout:
            said, ended = json.loads(line), time.monotonic()
            values[said["case"]] = said.get("value"), said.get("failure"), ended - started
            started = ended
        process.wait()
        reader.join()
        self.hosts |= simulator.front.hosts
        for name in names:
            values.setdefault(name, (None, f"the client ended without a word:\n{errors[0]}", 0))
        return values

    def well(self, who, names):
        with Simulator(self.likeness, self.folder, self.authority) as simulator:
            for name, (value, failure, seconds) in self.cases(simulator, who, names).items():
                said = ""
                if name == "webhook" and failure is None:
                    try:
                        said = webhooks.verify(self.receiver.delivery(value), simulator.get)
                    except (AssertionError, KeyError, TimeoutError) as error:
                        failure = f"{type(error).__name__}: {error}"
                self.note(name, who, failure, said, seconds)

    def trouble(self, who, name):
        fault, counts = TROUBLE[name]
        with Simulator(self.likeness, self.folder, self.authority, fault) as simulator:
            (_, failure, seconds), = self.cases(simulator, who, [name]).values()
            posts, purchases = simulator.posts(), simulator.purchases()
            said = f"one submit: {posts} posted, {purchases} bought"
            if failure is None and (posts, purchases) != counts[who]:
                failure = f"{said}; expected {counts[who]}"
            self.note(name, who, failure, said, seconds)

    def fixtures(self):
        """Checks that the clients still send the requests that are stored as fixtures."""
        stored = HERE.parent.parent / "core/src/fal/fixtures"
        fresh = self.folder / "fixtures"
        fresh.mkdir()
        started = time.monotonic()
        # In a program of its own, since it steers the client by environment variables.
        done = subprocess.run(
            [sys.executable, HERE / "capture.py", fresh], capture_output=True, text=True, env=without_proxies()
        )
        for who in BOTH:
            name = f"sent_by_{who}.json"
            failure = done.stderr or None if done.returncode else None
            if failure is None:
                old, new = ((folder / name).read_text().splitlines() for folder in (stored, fresh))
                failure = "\n".join(difflib.unified_diff(old, new, f"stored {name}", "sent now", lineterm="")) or None
            self.note("fixtures_are_current", who, failure, seconds=time.monotonic() - started)

    def archive(self):
        started = time.monotonic()
        for name, act in archives.checks(self.likeness, self.folder, without_proxies()).items():
            try:
                failure, said = None, act()
            except Exception as error:
                failure, said = f"{type(error).__name__}: {error}", ""
            self.note(name, "archive", failure, said, time.monotonic() - started)
            started = time.monotonic()

    def report(self):
        order = [*WELL, *TROUBLE]
        place = lambda row: (row[1] == "archive", order.index(row[0]) if row[0] in order else len(order), row[1])
        failed = 0
        print(f"{'case':<22} {'client':<11} {'':<6} {'s':>5}")
        for case, who, failure, said, seconds in sorted(self.table, key=place):
            print(f"{case:<22} {who:<11} {'FAILED' if failure else 'ok':<6} {seconds:5.1f}  {said}")
            failed += failure is not None
        for case, who, failure, _, _ in sorted(self.table, key=place):
            if failure:
                print(f"\n{case} ({who}):\n{failure}")
        return failed


def main(likeness):
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(likeness, folder)
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            jobs = [pool.submit(run.trouble, who, "answer_lost") for who in BOTH]
            jobs += [pool.submit(run.well, who, [name for name in WELL if who in WELL[name]]) for who in BOTH]
            jobs += [pool.submit(run.trouble, who, name) for name in TROUBLE if name != "answer_lost" for who in BOTH]
            jobs += [pool.submit(run.fixtures), pool.submit(run.archive)]
            for job in jobs:
                job.result()
        failed = run.report()
    check("hosts beside fal's", run.hosts - set(front.HOSTS), set())
    expected = sum(len(clients) for clients in WELL.values()) + 2 * len(TROUBLE)
    ran = sum(row[0] in WELL or row[0] in TROUBLE for row in run.table)
    check("every case ran", ran, expected)
    print(f"\nasked for: {', '.join(sorted(run.hosts))}")
    print("A client of fal's posts a submit whose answer is lost again and again, and each post is bought: fal has no")
    print("idempotency key. This is why Likeness sends its own requests and posts each purchase once.")
    seconds = time.monotonic() - started
    print(f"{len(run.table) - failed} of {len(run.table)} ok in {seconds:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
