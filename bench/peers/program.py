"""The program itself as a peer: LIKENESS as its argument, jobs `WAY FOLDER`, answers with CPU time in microseconds.

The second number of an answer is the most memory that a process took, in bytes; of `two` it is the wall time of two
processes of one core each over that of one process of two, in thousandths.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

LIKENESS = sys.argv[1]


def start(photos, output, core=None):
    pin = (lambda: os.sched_setaffinity(0, {core})) if core is not None else None
    command = [LIKENESS, "pack", *photos, "-o", output, "--force", "--quiet"]
    return subprocess.Popen(command, preexec_fn=pin, stdout=subprocess.DEVNULL)


def end(process):
    """Waits for a process. Returns its CPU time in seconds and its most memory in bytes."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"likeness pack ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def pack(folder, scratch):
    return end(start([folder], f"{scratch}/one.zip"))


def two(folder, scratch):
    photos = sorted(str(photo) for photo in pathlib.Path(folder).iterdir())
    begin = time.monotonic()
    halves = [start(photos[core::2], f"{scratch}/{core}.zip", core) for core in (0, 1)]
    for half in halves:
        end(half)
    apart = time.monotonic() - begin
    begin = time.monotonic()
    cpu, _ = pack(folder, scratch)
    return cpu, int(apart / (time.monotonic() - begin) * 1000)


for line in sys.stdin:
    way, folder = line.rstrip("\n").split(" ", 1)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            cpu, second = {"pack": pack, "two": two}[way](folder, scratch)
            print(int(cpu * 1e6), second, flush=True)
        except Exception as error:
            print("failed", repr(error), flush=True)
