"""The real driver app as its own process, beside a small site whose core is this process."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Self

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from readyby.clock_source import READINGS
from readyby.clocks import ClockReading, machine_ms
from readyby.demo.ports import any_free_port
from readyby.store.service import create_service
from tests.support.drivers import SMS_TOKEN, DriverWorld

UP_WITHIN_S: Final = 240.0
Texts = queue.Queue[tuple[str, str]]


class Core:
    """Core's socket with the small site behind it; it can go away and come back."""

    def __init__(self, world: DriverWorld) -> None:
        self._world = world
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        socket_path = self._world.settings.socket_path
        app = create_service(self._world.small.store, [Route("/clock", self._clock)])
        config = uvicorn.Config(app, uds=str(socket_path), log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=10)

    async def _clock(self, _: Request) -> Response:
        now = self._world.clock.now()
        reading = ClockReading(domain_at=now, machine_ms=machine_ms(), speed=60.0, not_beyond=now)
        return Response(READINGS.dump_json(reading), media_type="application/json")


class DriverApp:
    """`url` of the app; `log` is all that it wrote, `texts` what it sent to phones, as (number, words)."""

    def __init__(self, world: DriverWorld, core: Core, url: str, log_path: Path, texts: Texts) -> None:
        self.world, self.core, self.url, self.log_path, self.texts = world, core, url, log_path, texts

    def at(self, url: str) -> Self:
        """The same app, reached by another address."""
        return type(self)(self.world, self.core, url, self.log_path, self.texts)

    @contextmanager
    def core_away(self) -> Iterator[None]:
        """Nobody answers on core's socket until the context ends."""
        self.core.stop()
        try:
            yield
        finally:
            self.core.start()

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def link(self, key: str) -> str:
        return f"{self.url}/c/{key}"


@contextmanager
def running_app(state_dir: Path, repository: Path) -> Iterator[DriverApp]:
    """The app and its core until the context ends; core's clock stands where the world's does."""
    port = any_free_port()
    url = f"http://127.0.0.1:{port}"
    phones_port, texts = any_free_port(), Texts()
    world = DriverWorld(
        state_dir,
        public_url=url,
        driver_port=port,
        speed=60.0,
        phones_url=f"http://127.0.0.1:{phones_port}/phones",
        most_texts_a_number=1_000,  # all tests are one driver's day
    )
    core = Core(world)
    core.start()
    with _phones(phones_port, texts), closing(world), _stopping(core):
        log_path = state_dir / "driver-app.log"
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "readyby", "driver-app"],
                cwd=repository,
                env={**os.environ, **_environment(world)},
                stdout=log,
                stderr=log,
            )
        try:
            _wait_until_up(process, url, log_path)
            yield DriverApp(world, core, url, log_path, texts)
        finally:
            process.terminate()
            process.wait(timeout=15)


def _environment(world: DriverWorld) -> dict[str, str]:
    return {
        "READYBY_STATE_DIR": str(world.settings.state_dir),
        "READYBY_PUBLIC_URL": world.settings.public_url,
        "READYBY_DRIVER_PORT": str(world.settings.driver_port),
        "READYBY_PHONES_URL": world.settings.phones_url,
        "READYBY_SPEED": "60",
        "READYBY_DOMAIN_START": world.clock.now().isoformat(),
        "READYBY_TWILIO_AUTH_TOKEN": SMS_TOKEN,
    }


@contextmanager
def _stopping(core: Core) -> Iterator[None]:
    try:
        yield
    finally:
        core.stop()


@contextmanager
def _phones(port: int, texts: Texts) -> Iterator[None]:
    """Phones that keep what arrives."""

    async def take(request: Request) -> Response:
        message = await request.json()
        texts.put((message["to"], message["body"]))
        return JSONResponse({"message_id": f"m{texts.qsize()}"})

    app = Starlette(routes=[Route("/phones/messages", take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def _wait_until_up(process: "subprocess.Popen[bytes]", url: str, log_path: Path) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the driver app ended: {log_path.read_text()[-2000:]}")
        try:
            if httpx.get(f"{url}/healthz", timeout=2.0).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the driver app is not up: {log_path.read_text()[-2000:]}")
