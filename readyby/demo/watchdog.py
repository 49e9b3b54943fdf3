"""End every process that carries a supervisor's mark once the supervisor is gone, however it went.

Run as a script: `python -I -S watchdog.py PIPE MARK GRACE_S`. Only the supervisor holds the other end of the
pipe, so its end closes the pipe. The mark is an environment variable that all descendants inherit, also
those in process groups and sessions of their own (such as the flow processes of a Prefect worker).
"""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

MARK_VARIABLE = "READYBY_DEMO_MARK"
KILL_FOR_S = 5.0


def main(arguments: list[str]) -> None:
    """Wait for the end of the pipe, then sweep."""
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.SIG_IGN)
    pipe, mark, grace_s = arguments
    while os.read(int(pipe), 512):
        pass
    sweep(mark, grace_s=float(grace_s))


def sweep(mark: str, *, grace_s: float, kill_for_s: float = KILL_FOR_S) -> list[int]:
    """SIGTERM, after the grace SIGKILL, to all that carry the mark; the pids that even so live on."""
    _signal(marked(mark), signal.SIGTERM)
    _wait_gone(mark, grace_s)
    until = time.monotonic() + kill_for_s
    while (left := marked(mark)) and time.monotonic() < until:
        _signal(left, signal.SIGKILL)
        _wait_gone(mark, 0.2)
    return marked(mark)


def marked(mark: str) -> list[int]:
    """The living processes, other than this one, that carry the mark."""
    needle = f"{MARK_VARIABLE}={mark}".encode()
    return [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and int(folder.name) != os.getpid() and _carries(folder, needle)
    ]


def _carries(folder: Path, needle: bytes) -> bool:
    try:
        return needle in (folder / "environ").read_bytes().split(b"\0")
    except OSError:
        return False  # gone meanwhile, or another user's


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _wait_gone(mark: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while marked(mark) and time.monotonic() < until:
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1:])
