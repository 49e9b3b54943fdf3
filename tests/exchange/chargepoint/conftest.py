"""An account (the simulated network's face) and the adapter to it, in one process, under one set clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.types import ASGIApp

from readyby.bench.in_process import in_process_session
from readyby.clocks import SetClock
from readyby.exchange.adapter import Active, Setpoint, Verdict
from readyby.exchange.chargepoint.adapter import ChargepointAdapter
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.chargepoint.soap import Soap
from readyby.model import Evse, EvseId, Site, SiteId, Step
from readyby.network.faces.chargepoint import ChargepointFace, Quirks
from readyby.network.network import Network
from readyby.network.visits import Visit

START = datetime(2019, 7, 24, 14, tzinfo=UTC)
A = 0.208
KEY, PASSWORD = "license-key-of-the-test", "password-of-the-test"
STATION = "1:100001"


def site_of(size: int = 4, cap_a: float = 6) -> Site:
    evses = tuple(
        Evse(
            evse_id=EvseId(f"E{number}"),
            max_kw=32 * A,
            min_kw=6 * A,
            standing_cap_kw=cap_a * A,
            voltage_v=208.0,
        )
        for number in range(size)
    )
    return Site(
        site_id=SiteId("garage"), name="Garage", time_zone="UTC", limit_kw=50, tariff_id="none", evses=evses
    )


def visit_of(
    number: int, *, at_min: float = 0, stay_h: float = 6, token: str | None = "", evse_id: str = ""
) -> Visit:
    arrives_at = START + timedelta(minutes=at_min)
    return Visit(
        session_id=f"S{number}",
        evse_id=evse_id or f"E{number}",
        token_uid=f"T{number}" if token == "" else token,
        arrives_at=arrives_at,
        leaves_at=arrives_at + timedelta(hours=stay_h),
        energy_kwh=60.0,
        car_kw=6.656,
        efficiency=0.97,
    )


@dataclass
class Pair:
    """Both sides of an account, and the clock that they share."""

    clock: SetClock
    network: Network
    face: ChargepointFace
    adapter: ChargepointAdapter
    cursor: str | None = None
    sessions: list[dict[str, Any]] = field(default_factory=list)
    meter: list[tuple[Any, ...]] = field(default_factory=list)
    words: list[tuple[str, Verdict]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    restarts: int = 0
    names: dict[str, str] = field(default_factory=dict)

    async def let(self, span: timedelta) -> None:
        """Time goes on, and the exchange asks every minute."""
        until = self.clock.instant + span
        while self.clock.instant < until:
            self.clock.instant = min(until, self.clock.instant + timedelta(minutes=1))
            await self.pull()

    async def pull(self) -> None:
        batch = await self.adapter.pull(self.cursor)
        self.cursor = batch.cursor
        self.sessions += [dict(each) for each in batch.sessions]
        self.meter += list(zip(*batch.meter.values(), strict=True))
        self.words += [(word.command_id, word.verdict) for word in batch.words]
        self.remarks += [remark.kind for remark in batch.remarks]
        self.restarts += batch.restarted
        self.names |= {evse_id: stay.session_id for evse_id, stay in self.adapter.stays.open.items()}

    async def send(
        self, evse_id: str, limit_kw: float, rank: int = 1, minutes: float = 60
    ) -> tuple[Verdict, str]:
        """One limit for the session at an EVSE."""
        return await self.submit(self.setpoint(evse_id, limit_kw, rank, minutes))

    def setpoint(self, evse_id: str, limit_kw: float, rank: int = 1, minutes: float = 60) -> Setpoint:
        now = self.clock.instant
        return Setpoint(
            command_id=f"garage.{rank}.{evse_id}.1",
            rank=(rank, 1),
            evse_id=evse_id,
            session_id=self.names[evse_id],
            steps=(Step(now, limit_kw),),
            expires_at=now + timedelta(minutes=minutes),
        )

    async def release(self, evse_id: str, rank: int = 2) -> tuple[Verdict, str]:
        return await self.submit(
            Setpoint(
                command_id=f"garage.{rank}.{evse_id}.1",
                rank=(rank, 1),
                evse_id=evse_id,
                session_id=self.names[evse_id],
                steps=(),
                expires_at=None,
            )
        )

    async def submit(self, setpoint: Setpoint) -> tuple[Verdict, str]:
        (word,) = await self.adapter.submit([setpoint])
        assert word.command_id == setpoint.command_id
        return word.verdict, word.reason

    async def held(self, evse_id: str) -> str | None:
        told: tuple[Active, ...] = await self.adapter.read_active([evse_id])
        return told[0].command_id

    def power_kw(self, evse_id: str) -> float:
        """What an EVSE really draws."""
        outlets = [str(evse.evse_id) for evse in self.network.site.evses]
        return float(self.network._fleet.power_kw[0, outlets.index(evse_id)])


Begin = Callable[..., AbstractAsyncContextManager[Pair]]


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    @asynccontextmanager
    async def begun(
        *visits: Visit,
        site: Site | None = None,
        quirks: Quirks | None = None,
        wrapped: Callable[[ASGIApp], ASGIApp] = lambda app: app,
        password: str = PASSWORD,
        **more: Any,
    ) -> AsyncIterator[Pair]:
        site = site or site_of()
        clock, network = SetClock(START), Network(site, visits, start_at=START)
        fields = {
            "caps_held": True,
            "token": "credentialID",
            "load_every": timedelta(seconds=10),
            "summaries_every": timedelta(minutes=2),
            "lag": timedelta(minutes=2),
            "calls_per_minute": 100_000.0,
            "calls_at_once": 500,
            "deadline_s": 2.0,
            **more,
        }
        face = ChargepointFace(
            network,
            key=KEY,
            password=PASSWORD,
            advance=lambda: network.advance(clock.now(), 0),
            quirks=quirks,
            caps_held=bool(fields["caps_held"]),
        )
        settings = ChargepointSettings(
            url="http://127.0.0.1/services",
            license_key=SecretStr(KEY),
            password=SecretStr(password),
            **{"stations": face.stations, **fields},
        )
        loop, app = asyncio.get_running_loop(), wrapped(face.app)
        adapter = ChargepointAdapter(
            settings,
            clock,
            folder=tmp_path,
            sites=(site,),
            soap=lambda settings: Soap(
                settings, pause=lambda _s: None, new_session=lambda: in_process_session(app, loop)
            ),
        )
        yield Pair(clock=clock, network=network, face=face, adapter=adapter)
        await adapter.close()

    return begun
