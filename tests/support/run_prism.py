"""`make proof-twilio`: the real client against Twilio's own API description, served by a validating mock.

The mock is Prism (npm `@stoplight/prism-cli`), fetched by npx. Without node the step is left out, loudly.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from readyby.demo.ports import any_free_port
from readyby.sms.api import Refused
from readyby.sms.twilio import TwilioMessenger

PRISM: Final = "@stoplight/prism-cli@5.14.2"
DESCRIPTION: Final = Path(__file__).with_name("twilio_api") / "messages_subset.json"
ACCOUNT, SERVICE = "AC" + "0" * 32, "MG" + "0" * 32
UP_WITHIN_S: Final = 180.0


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
    """Start the mock, send and list through it; 0 when all was as described."""
    if shutil.which("npx") is None:
        sys.stderr.write("NOT PROVED: node and npx are missing, so Twilio's description was not tried\n")
        return 0
    port = any_free_port()
    command = ["npx", "-y", PRISM, "mock", "-h", "127.0.0.1", "-p", str(port), str(DESCRIPTION)]
    quiet = subprocess.DEVNULL
    mock = subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        _wait_until_up(mock, port)
        for line in asyncio.run(_talk(f"http://127.0.0.1:{port}")):
            sys.stdout.write(f"{line}\n")
    finally:
        os.killpg(mock.pid, signal.SIGTERM)  # npx starts the mock as a child of its own
        mock.wait(timeout=15)
    return 0


async def _talk(url: str) -> list[str]:
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
    return [
        f"sent as {provider_id[:4]}...",
        f"{len(sent)} sent and {len(received)} received texts listed",
        f"refused as described: wrong {' and '.join(refused)}",
    ]


def _wait_until_up(mock: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline and mock.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/", timeout=2.0)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the mock is not up: is the npm registry reachable?")


if __name__ == "__main__":
    raise SystemExit(main())
