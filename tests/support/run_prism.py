"""`make proof-twilio`: the real client against Twilio's own API description, served by a validating mock.

The mock is Prism (npm `@stoplight/prism-cli`),
installed once into `build/`. What is under way is told on stderr,
every wait has an end, and no process outlives this one. Without node the step is left out, loudly.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from readyby.demo.ports import any_free_port
from readyby.settings import PROJECT_ROOT
from readyby.sms.api import Refused
from readyby.sms.twilio import TwilioMessenger

VERSION: Final = "5.14.2"
FOLDER: Final = PROJECT_ROOT / "build" / f"prism-{VERSION}"
PRISM: Final = FOLDER / "node_modules" / ".bin" / "prism"
DESCRIPTION: Final = Path(__file__).with_name("twilio_api") / "messages_subset.json"
ACCOUNT, SERVICE = "AC" + "0" * 32, "MG" + "0" * 32
INSTALLED_WITHIN_S: Final = 420.0
UP_WITHIN_S: Final = 90.0
TALKED_WITHIN_S: Final = 90.0
STOPPED_WITHIN_S: Final = 10.0
TOLD_EVERY_S: Final = 10.0


class ToMock(TwilioHttpClient):
    """Twilio's client, its requests sent to the mock instead."""

    def __init__(self, mock: str) -> None:
        super().__init__(timeout=20.0)  # type: ignore[no-untyped-call]
        self._mock = mock

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return super().request(method, f"{self._mock}{parts.path}{query}", *args, **options)


def main() -> int:
    """Install the mock if need be, send and list through it; 0 when all was as described."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        _tell("NOT PROVED: node and npm are missing, so Twilio's description was not tried")
        return 0
    signal.signal(signal.SIGTERM, _leave)  # else nothing below would be stopped
    if not PRISM.exists():
        _install()
    port = any_free_port()
    command = [str(PRISM), "mock", "-h", "127.0.0.1", "-p", str(port), str(DESCRIPTION)]
    with _running(command, FOLDER / "mock.log") as mock:
        _wait("the mock starts", UP_WITHIN_S, mock, lambda: _answers(port))
        _tell("the mock is up; texts are sent and listed through it")
        found = asyncio.run(asyncio.wait_for(_talk(f"http://127.0.0.1:{port}"), TALKED_WITHIN_S))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    result = {"commit": commit, "mock": f"@stoplight/prism-cli@{VERSION}", **found}
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0


async def _talk(url: str) -> dict[str, object]:
    def messenger(service: str, callback: str | None) -> TwilioMessenger:
        return TwilioMessenger(ACCOUNT, "token", service, status_callback=callback, http_client=ToMock(url))

    sound = messenger(SERVICE, "https://ev.example/sms/status")
    provider_id = await sound.send("+12135550101", "ReadyBy: your charging page")
    assert provider_id.startswith(("SM", "MM")), provider_id
    since = datetime(2019, 1, 1, tzinfo=UTC)
    sent = await sound.sent_since("+12135550101", since)
    received = await sound.received_since(since)
    refused = []
    for name, wrong in (
        ("service", messenger("MGshort", None)),
        ("callback", messenger(SERVICE, "no address")),
    ):
        try:
            await wrong.send("+12135550101", "hello")
        except Refused:
            refused.append(name)
    assert refused == ["service", "callback"], refused
    return {
        "sent": provider_id[:2],
        "listed": {"sent": len(sent), "received": len(received)},
        "refused_as_described": refused,
    }


def _install() -> None:
    """The mock and what it needs, without running scripts of packages; taken over only when complete."""
    making = FOLDER.with_name(f"{FOLDER.name}.{os.getpid()}")
    making.mkdir(parents=True)
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=http",
               "--prefix", str(making), f"@stoplight/prism-cli@{VERSION}"]  # fmt: skip
    try:
        with _running(command, making / "install.log") as npm:
            _wait("npm installs the mock", INSTALLED_WITHIN_S, npm, lambda: npm.poll() == 0)
        shutil.rmtree(FOLDER, ignore_errors=True)
        making.rename(FOLDER)
    finally:
        shutil.rmtree(making, ignore_errors=True)


@contextmanager
def _running(command: list[str], log: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """A process with whatever it starts, all stopped at the end; its last words are told if it fails."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield process
    except AssertionError:
        _tell("its last words:\n" + "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:]))
        raise
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
            process.wait(STOPPED_WITHIN_S)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait(STOPPED_WITHIN_S)


def _wait(what: str, at_most_s: float, process: "subprocess.Popen[bytes]", done: Callable[[], bool]) -> None:
    """Until it is done; tells now and then that it is not.

    Raises AssertionError when the process ended badly, or it takes too long.
    """
    began, told = time.monotonic(), 0.0
    while not done():
        waited_s = time.monotonic() - began
        assert process.poll() in (None, 0), f"{what}: it ended with {process.returncode}"
        assert waited_s < at_most_s, (
            f"{what}: not done within {at_most_s:.0f} s; is the npm registry reachable?"
        )
        if waited_s >= told:
            _tell(f"{what} ... {waited_s:.0f} of at most {at_most_s:.0f} s")
            told += TOLD_EVERY_S
        time.sleep(0.2)


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=2.0, trust_env=False)
    except httpx.TransportError:
        return False
    return True


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _leave(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signum)


if __name__ == "__main__":
    raise SystemExit(main())
