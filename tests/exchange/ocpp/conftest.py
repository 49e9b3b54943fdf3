"""Stations of the simulated network, connected to the OCPP adapter on the loopback, under one set clock."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from readyby.clocks import SetClock
from readyby.exchange.ocpp.adapter import OcppAdapter
from readyby.exchange.ocpp.server import password_digest
from readyby.exchange.ocpp.settings import OcppSettings, Station
from readyby.network.faces.ocpp import OcppFace
from readyby.network.network import Network
from tests.exchange.test_adapters import START, garage, long_visit

PASSWORD = "a-password-of-this-test"


@dataclass
class Pair:
    adapter: OcppAdapter
    face: OcppFace
    network: Network
    clock: SetClock

    async def let(self, span: timedelta) -> None:
        until = self.clock.instant + span
        while self.clock.instant < until:
            self.clock.instant = min(until, self.clock.instant + timedelta(minutes=1))
            await self.face.tell()

    def session_id(self) -> str:
        return "E0-1"


Begin = Callable[..., AbstractAsyncContextManager[Pair]]


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    @asynccontextmanager
    async def begun(*, connected: bool = True, **more: Any) -> AsyncIterator[Pair]:
        site, visit = garage(), long_visit()
        clock, network = SetClock(START), Network(site, [visit], start_at=START)
        digest = password_digest(PASSWORD)
        stations = {f"E{n}": Station(connectors={"1": f"E{n}"}, password_sha256=digest) for n in range(3)}
        fields = {"port": 0, "stations": stations, "call_within_s": 2.0, **more}
        adapter = OcppAdapter(OcppSettings(**fields), clock, folder=tmp_path, sites=(site,))
        await adapter.open()
        face = OcppFace(
            network,
            url=f"ws://127.0.0.1:{adapter.port}/ocpp",
            passwords=dict.fromkeys(stations, PASSWORD),
            advance=lambda: network.advance(clock.now(), 0),
        )
        pair = Pair(adapter, face, network, clock)
        if connected:
            async with face.connected():
                await adapter.settled()
                yield pair
                await adapter.close()
            return
        yield pair
        await adapter.close()

    return begun
