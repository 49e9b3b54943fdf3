"""A CPO (the simulated network's face) and our side, each on a loopback port, under one set clock."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from pydantic import SecretStr

from readyby.clocks import SetClock
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.exchange.ocpi.settings import Dialect, OcpiSettings
from readyby.model import Evse, EvseId, Site, SiteId
from readyby.network.faces.ocpi import OcpiFace
from readyby.network.faces.ocpi_teller import Quirks
from readyby.network.network import Network
from readyby.network.visits import Visit
from tests.exchange.ocpi.recorder import Recorder

START = datetime(2019, 7, 24, 15, 0, tzinfo=UTC)
MAX_KW, MIN_KW, CAP_KW = 6.656, 1.248, 2.496


def site_of(size: int = 3) -> Site:
    evses = tuple(
        Evse(
            evse_id=EvseId(f"E{number}"),
            max_kw=MAX_KW,
            min_kw=MIN_KW,
            standing_cap_kw=CAP_KW,
            voltage_v=208.0,
        )
        for number in range(size)
    )
    return Site(
        site_id=SiteId("garage"),
        name="Garage",
        time_zone="America/Los_Angeles",
        limit_kw=30.0,
        tariff_id="t",
        evses=evses,
    )


def visit_of(number: int, *, minutes: float = 1, stay_h: float = 6, kwh: float = 20.0) -> Visit:
    arrives_at = START + timedelta(minutes=minutes)
    return Visit(
        session_id=f"S{number}",
        evse_id=f"E{number}",
        token_uid=f"UID-{number}",
        arrives_at=arrives_at,
        leaves_at=arrives_at + timedelta(hours=stay_h),
        energy_kwh=kwh,
        car_kw=6.6,
        efficiency=0.97,
    )


@contextmanager
def served(app: Any, sock: socket.socket) -> Iterator[None]:
    """An application in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(5)


def loopback() -> tuple[socket.socket, int]:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock, sock.getsockname()[1]


async def everything_told(face: OcpiFace) -> None:
    """Wait until the CPO has told all that happened: what it tells just now may have begun before."""
    target, deadline = face.teller.told + 2, time.monotonic() + 30
    while face.teller.told < target:
        assert time.monotonic() < deadline, "the CPO stands still"
        await asyncio.sleep(0.005)


@dataclass
class Pair:
    """Both sides of a relation, and the clock that they share."""

    clock: SetClock
    network: Network
    face: OcpiFace
    adapter: OcpiAdapter
    settings: OcpiSettings
    to_cpo: Recorder
    to_us: Recorder
    cursor: str | None = None
    sessions: list[dict[str, Any]] = field(default_factory=list)
    words: list[Any] = field(default_factory=list)
    meter: list[tuple[Any, ...]] = field(default_factory=list)

    async def go(self, *, seconds: float = 0, minutes: float = 0) -> None:
        """Let time pass, and the CPO tell."""
        until = self.clock.instant + timedelta(seconds=seconds, minutes=minutes)
        while self.clock.instant < until:
            self.clock.instant = min(until, self.clock.instant + timedelta(minutes=1))
            await self.told()

    async def told(self) -> None:
        await everything_told(self.face)

    async def pull(self) -> list[dict[str, Any]]:
        """What the adapter has to tell; kept by kind."""
        while True:
            batch = await self.adapter.pull(self.cursor)
            self.cursor = batch.cursor
            self.sessions += [dict(each) for each in batch.sessions]
            self.words += batch.words
            self.meter += list(zip(*batch.meter.values(), strict=True))
            if not batch.more:
                return [dict(each) for each in batch.sessions]


Begin = Callable[..., Any]


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """Starts a pair; registered unless told otherwise."""

    @asynccontextmanager
    async def begun(
        *,
        visits: tuple[Visit, ...] = (),
        size: int = 3,
        quirks: Quirks | None = None,
        dialect: Dialect | None = None,
        registered: bool = True,
        folder: Path | None = tmp_path,
        **more: Any,
    ) -> AsyncIterator[Pair]:
        clock, site = SetClock(START), site_of(size)
        network = Network(site, visits, start_at=START)
        cpo_sock, cpo_port = loopback()
        our_sock, our_port = loopback()
        face = OcpiFace(
            network,
            public_url=f"http://127.0.0.1:{cpo_port}",
            token_a="token-a-of-the-cpo",
            advance=lambda: network.advance(clock.now(), 0),
            quirks=quirks,
        )
        settings = OcpiSettings(
            versions_url=f"http://127.0.0.1:{cpo_port}/versions",
            token_a=SecretStr("token-a-of-the-cpo"),
            public_url=f"http://127.0.0.1:{our_port}",
            caps_held=True,
            dialect=dialect or Dialect(),
            **{"deadline_s": 5.0, **more},
        )
        adapter = OcpiAdapter(settings, clock, folder=folder, sites=(site,))
        to_cpo, to_us = Recorder(face.app), Recorder(adapter.receiver)
        with served(to_cpo, cpo_sock), served(to_us, our_sock):
            if registered:
                await asyncio.to_thread(adapter.registration.register)
            yield Pair(
                clock=clock,
                network=network,
                face=face,
                adapter=adapter,
                settings=settings,
                to_cpo=to_cpo,
                to_us=to_us,
            )
            await adapter.close()

    return begun
