"""One real Prefect server, with every deployment of prefect.yaml, for all tests that need one."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from readyby.runs.deploy import deploy_all
from readyby.settings import Settings
from tests.conftest import PREFECT

HEALTHY_S = 90.0


class Server:
    """The server's process, and what it answers on."""

    def __init__(self, settings: Settings, process: "subprocess.Popen[bytes]") -> None:
        self.settings, self._process = settings, process

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="session")
def prefect_server(repository: Path) -> Iterator[Server]:
    """Up, deployed, and stopped at the end; its log is printed if it does not come up."""
    log_path = PREFECT.state_dir / "server.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "readyby", "prefect-server"],
            cwd=repository,
            env={
                **os.environ,
                "READYBY_STATE_DIR": str(PREFECT.state_dir),
                "READYBY_PREFECT_PORT": str(PREFECT.prefect_port),
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_healthy(process, log_path)
        deploy_all(PREFECT)
        yield Server(PREFECT, process)
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        shutil.rmtree(PREFECT.state_dir, ignore_errors=True)


def _wait_until_healthy(process: "subprocess.Popen[bytes]", log_path: Path) -> None:
    deadline = time.monotonic() + HEALTHY_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{PREFECT.prefect_api}/health", timeout=2, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    pytest.fail(f"the Prefect server did not come up:\n{log_path.read_text()[-3000:]}")
