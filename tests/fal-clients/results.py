"""Inputs, expectations and output that the cases of the Python client share."""

import json
import os
import sys
import traceback
from pathlib import Path

INPUTS = json.loads((Path(__file__).parent / "inputs.json").read_text())
ZIP = os.environ.get("ZIP", "")


def check(what, got, expected):
    if got != expected:
        raise AssertionError(f"{what}:\n  expected  {expected!r}\n  got       {got!r}")


def failing(kind, act):
    """Returns the error with which `act` ends, which must be of this kind."""
    try:
        value = act()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}, got {value!r}")


def run(cases):
    """Prints one line of JSON per case, as the cases of the JavaScript client do."""
    for name, act in cases.items():
        said = {"case": name}
        try:
            said["value"] = act()
        except Exception as error:  # Any error at all is the finding.
            said["failure"] = str(error) if isinstance(error, AssertionError) else traceback.format_exc()
        print(json.dumps(said), flush=True)
    sys.stdout.flush()
