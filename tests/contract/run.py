"""Uses the API as strangers do who have only /openapi.json: run.py LIKENESS [SHELL...].

LIKENESS is the built program; both shells are tried unless one is named: `likeness serve`, and the Workers in
Cloudflare's runtime. Linters read the description. Clients are made from it, and each does a whole training at each
shell. Then schemathesis makes calls of its own, good and bad, in each role: no answer may be another than the
description says. Where calls name an avatar, theirs is one that was trained. See scripts/test-contract.
"""

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from photos import photo

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CONTRACT = Path(os.environ["CONTRACT"])
PYTHON = CONTRACT / "python/bin"
NODE = Path(os.environ["EDGE_TOOLS"]) / "node/bin/node"
PACKAGES = CONTRACT / "node_modules"
ADMIN = "an operator of more than 32 characters"
# For each role and shell, in seconds. Half of it is spent on the cases that schemathesis always tries.
SECONDS = int(os.environ.get("SECONDS_OF_CALLS", "12"))
SEED = int(os.environ.get("SEED", "1"))


class Failed(Exception):
    pass


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {
        **kept, "PYTHONDONTWRITEBYTECODE": "1", "PATH": f"{PYTHON}:{NODE.parent}:{os.environ['PATH']}",
        "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NODE_NO_WARNINGS": "1", **more,
    }


def run(*command, cwd=None, **more):
    """Runs a command, which must succeed, and returns its output."""
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=environment(**more), text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command[:3]))} ended with {done.returncode}:\n{done.stdout[-20000:]}")
    return done.stdout


class Shell:
    """A shell that runs until this is closed."""

    def __init__(self, name, command, read, **more):
        self.name = name
        self.folder = tempfile.TemporaryDirectory()
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [str(word) for word in command], env=environment(HOME=self.folder.name, **more), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
        )
        line = self.process.stdout.readline()
        try:
            self.url, self.admin = read(line)
        except (ValueError, AttributeError) as error:
            self.close()
            self.errors.seek(0)
            raise Failed(f"{name} does not start: {line}{self.errors.read()}") from error

    def close(self):
        self.process.stdin.close()
        if self.name == "native":
            self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()


def native(likeness):
    settings = {
        "ADMIN_TOKEN": ADMIN, "AVATAR_TEST_MODE": "true", "FAL_MOCK_TRAINING_DURATION": "1",
        "DAILY_TRAININGS": "100000", "DAILY_PICTURES": "100000",
    }
    read = lambda line: (re.match(r"listening on (http://\S+)", line)[1], ADMIN)
    return Shell("native", [likeness, "serve", "--listen", "127.0.0.1:0"], read, **settings)


def edge(_likeness):
    def read(line):
        said = json.loads(line)
        return said["url"], said["admin"]

    return Shell("edge", [NODE, HERE / "edge.mjs"], read)


def lint(document, folder):
    """Checks that the linters report neither errors nor warnings."""
    run(PYTHON / "openapi-spec-validator", document)
    said = run(NODE, PACKAGES / "@redocly/cli/bin/cli.js", "lint", document, cwd=folder)
    if "warning" in said.lower().replace("deprecation warning", ""):
        raise Failed(f"redocly: {said}")
    rules = folder / ".spectral.yaml"
    rules.write_text("extends: spectral:oas\n")
    run(NODE, PACKAGES / "@stoplight/spectral-cli/dist/index.js", "lint", "--fail-severity=hint", "--ruleset", rules,
        document)


def python_client(document, folder):
    said = run(PYTHON / "openapi-python-client", "generate", "--path", document, "--meta", "none", "--output-path",
               folder / "likeness_client")
    # The generator leaves out a part that it cannot make, and only warns.
    if "arning" in said or "rror" in said:
        raise Failed(f"openapi-python-client: {said}")


def typescript_client(document, folder):
    for name in ("training.ts", "tsconfig.json", "generate.mjs"):
        (folder / name).write_text((HERE / name).read_text())
    (folder / "package.json").write_text('{ "type": "module" }')
    (folder / "node_modules").symlink_to(PACKAGES)
    run(NODE, "generate.mjs", document, "api.ts", cwd=folder)
    types = (folder / "api.ts").read_text()
    # The TypeScript types promise only the names of headers.
    vague = [line for line in types.splitlines() if re.search(r": unknown|Record<string, never>", line)
             and "[name: string]: unknown;" not in line and not line.startswith("export type")]
    if vague:
        raise Failed(f"openapi-typescript knows no type: {vague}")
    run(NODE, PACKAGES / "typescript/bin/tsc", "--project", folder)


def pinned(document, avatar, folder):
    """Writes the description of an API with only this avatar, and without the call that erases it."""
    api = json.loads(document.read_text())
    mine = lambda parameter: parameter.get("$ref") == "#/components/parameters/avatar"
    paths = {}
    for path, calls in api["paths"].items():
        for call in calls.values():
            call["parameters"] = [one for one in call.get("parameters", []) if not mine(one)]
        calls = {method: call for method, call in calls.items() if call["operationId"] != "EraseAvatar"}
        paths[path.replace("{avatar}", avatar)] = calls
    api["paths"] = paths
    target = folder / f"{avatar}.json"
    target.write_text(json.dumps(api))
    return target


def calls(shell, role, credential, document, folder):
    """Has schemathesis make its own calls in one role."""
    header = ["--header", f"Authorization: Bearer {credential}"] if credential else []
    started = time.monotonic()
    said = run(
        PYTHON / "schemathesis", "--config-file", HERE / "schemathesis.toml", "run", document, "--url", shell.url, "--checks", "all", "--max-time", SECONDS,
        "--seed", SEED, "--continue-on-failure", "--suppress-health-check", "all", "--request-timeout", "30", *header,
        cwd=folder,
    )
    count = re.search(r"(\d+) generated", said)
    if not count or int(count[1]) < 50:
        raise Failed(f"schemathesis made no calls:\n{said}")
    report(f"schemathesis, {role}", shell.name, f"{count[1]} calls", time.monotonic() - started)


def of_shell(shell, document, folder):
    """Runs both clients, then all roles one after the other, since their calls would disturb each other."""
    photos = folder / "photos"
    at = (shell.url, shell.admin, photos)
    started = time.monotonic()
    run(NODE, "training.ts", *at, cwd=folder)
    report("a training, TypeScript", shell.name, "", time.monotonic() - started)
    started = time.monotonic()
    run(PYTHON / "python", HERE / "training.py", *at, PYTHONPATH=folder)
    report("a training, Python", shell.name, "", time.monotonic() - started)
    # An avatar that stays, for calls that need one. Each role has its own: some calls change it.
    for role in ("server", "capability", "admin", "none"):
        said = run(PYTHON / "python", HERE / "training.py", *at, "--keep", PYTHONPATH=folder)
        avatar, server, capability = said.split()
        credential = {"server": server, "capability": capability, "admin": shell.admin, "none": None}[role]
        calls(shell, role, credential, pinned(document, avatar, folder), folder)


def report(what, where, how, seconds):
    print(f"{what:<26} {where:<8} ok {seconds:6.1f} s  {how}", flush=True)


SHELLS = {"native": native, "edge": edge}


def main(likeness, *names):
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "photos").mkdir()
        for number in range(10):
            (folder / "photos" / f"p{number}.png").write_bytes(photo(number))
        shells = []
        try:
            shells += [SHELLS[name](likeness) for name in names or SHELLS]
            document = folder / "openapi.json"
            texts = [urllib.request.urlopen(f"{shell.url}/openapi.json").read() for shell in shells]
            if any(text != (ROOT / "core/src/api/openapi.json").read_bytes() for text in texts):
                raise Failed("a shell serves another description: build it anew")
            document.write_bytes(texts[0])
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                for job in [pool.submit(make, document, folder) for make in (lint, python_client, typescript_client)]:
                    job.result()
                for job in [pool.submit(of_shell, shell, document, folder) for shell in shells]:
                    job.result()
        except Failed as failure:
            print(failure)
            return 1
        finally:
            for shell in shells:
                shell.close()
    print(f"the description is what is done: {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
