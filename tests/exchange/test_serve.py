"""The exchange as a process of its own: started as operators start it, killed, and started again."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from readyby.settings import PROJECT_ROOT

pytestmark = pytest.mark.system

TOKEN, KEY = "token-of-this-test", "vendor-key-of-this-test"
WITHIN_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """`readyby exchange` on a port of its own; its charging network does not answer."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder, self.port = folder, free_port()
        self.environment = environment
        self.log = folder / "exchange.log"
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("READYBY_")}
        environment |= {
            "READYBY_STATE_DIR": str(self.folder),
            "READYBY_EXCHANGE_PORT": str(self.port),
            "READYBY_EXCHANGE_TOKEN": TOKEN,
            "READYBY_VENDOR_KEY": KEY,
            "READYBY_VENDOR_URL": f"http://127.0.0.1:{free_port()}/vendor",
            **self.environment,
        }
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "readyby", "exchange"], cwd=PROJECT_ROOT, env=environment, stderr=log
            )
        self.wait_for_health()

    def wait_for_health(self) -> None:
        until = time.monotonic() + WITHIN_S
        while time.monotonic() < until:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/v1/health", timeout=2)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(self.log.read_text())

    def get(self, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=10)

    def end(self, sign: signal.Signals) -> int:
        assert self.child is not None
        self.child.send_signal(sign)
        return self.child.wait(WITHIN_S)

    def kill(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.end(signal.SIGKILL)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path)
    made.start()
    yield made
    made.kill()


def test_it_serves_without_its_network_survives_a_kill_and_ends_when_told(process):
    assert process.get("/v1/feed").json()["next"] == 0
    health = process.get("/v1/health").json()
    assert health["status"] in ("starting", "degraded")
    process.end(signal.SIGKILL)
    process.start()
    told = process.get("/v1/receipts").json()
    assert (told["receipts"], told["plans"]) == ([], [])
    assert told["next"] > 1_000_000_000_000, "an empty ledger counts from the milliseconds since 1970"
    assert process.end(signal.SIGTERM) in (0, -signal.SIGTERM)
    log = process.log.read_text()
    assert TOKEN not in log
    assert KEY not in log
    lost = [line for line in log.splitlines() if "network lost" in line]
    assert len(lost) <= 2
    assert all(json.loads(line) for line in lost)
