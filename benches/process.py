"""What running a process takes, and the medians of several runs: for all measurements of this folder."""

import os
import statistics
import subprocess
import time


class Measured:
    """What a process took: seconds on the clock, seconds of processors, peak memory in MB."""

    def __init__(self, wall, usage):
        self.wall = wall
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss * 1024 / 1e6


class Failed(Exception):
    """A process that was to be measured ended with an error."""


def measure(words, errors, **more):
    """Runs a process to its end. This process stays small: a child's peak begins with its parent's."""
    start = time.monotonic()
    with open(errors, "wb") as stderr, subprocess.Popen(words, stderr=stderr, **more) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        told = errors.read_text()
        raise Failed(f"{' '.join(map(str, words))} ended with {process.returncode}:\n{told}")
    return Measured(time.monotonic() - start, usage)


def median(results, what):
    return statistics.median(getattr(result, what) for result in results)
