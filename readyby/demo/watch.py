"""Looks at the running demo for the screen, through the same doors as every other client of core."""

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import httpx

from readyby.clock_source import READINGS
from readyby.clocks import ClockReading, machine_ms
from readyby.demo.kept import count_served
from readyby.demo.screen import Snapshot
from readyby.errors import ReadyByError
from readyby.model import Site
from readyby.settings import Settings
from readyby.store.api import Query, ReadCounts, ReadJournal, ReadSituation, Store

R = TypeVar("R")

LOOK_S = 3.0
JOURNAL_LINES = 40
RECENT = 240


class Watcher:
    """One look after another; core may be away for a while."""

    def __init__(self, settings: Settings, site: Site, store: Store, urls: Mapping[str, str]) -> None:
        self._settings, self._site, self._store, self._urls = settings, site, store, urls
        self._recent_kw: deque[float] = deque(maxlen=RECENT)
        self._first: tuple[datetime, int] | None = None
        self._last: tuple[datetime, int] | None = None

    @property
    def speed_reached(self) -> float | None:
        """Domain seconds per machine second between the first look that saw a clock and the last."""
        if self._first is None or self._last is None or self._last[1] - self._first[1] < 1000:
            return None
        (began_at, began_ms), (at, ms) = self._first, self._last
        return (at - began_at).total_seconds() / ((ms - began_ms) / 1000)

    async def look(self) -> Snapshot:
        """What can be seen now, within a few seconds."""
        reading = await self.read_clock()
        domain_at = reading.at(machine_ms()) if reading else None
        counts, journal, situation = await asyncio.gather(
            self._ask(ReadCounts()),
            self._ask(ReadJournal(limit=JOURNAL_LINES)),
            self._ask(ReadSituation(site_id=self._site.site_id, now=domain_at)) if domain_at else _nothing(),
        )
        site_kw = None
        if situation is not None:
            site_kw = sum(session.power_kw or 0.0 for session in situation.sessions if session.active)
            self._recent_kw.append(site_kw)
        return Snapshot(
            domain_at=domain_at,
            time_zone=self._site.time_zone,
            speed_asked=self._settings.speed or 1.0,
            speed_reached=self.speed_reached,
            site_kw=site_kw,
            limit_kw=self._site.limit_kw,
            recent_kw=tuple(self._recent_kw),
            counts=counts,
            journal=journal or (),
            urls=self._urls,
            control_paused=situation.control_paused if situation else False,
        )

    async def served(self) -> int:
        """Participants with a request who have left; 0 while core is away."""
        try:
            async with asyncio.timeout(LOOK_S):
                return await count_served(self._store)
        except (ReadyByError, TimeoutError):
            return 0

    async def read_clock(self) -> ClockReading | None:
        """Core's clock, None while core does not answer."""
        transport = httpx.AsyncHTTPTransport(uds=str(self._settings.socket_path))
        try:
            async with httpx.AsyncClient(transport=transport, timeout=LOOK_S) as client:
                answer = await client.get("http://core/clock")
            reading = READINGS.validate_json(answer.raise_for_status().content)
        except (httpx.HTTPError, OSError, ValueError):
            return None
        now = machine_ms()
        self._last = (reading.at(now), now)
        self._first = self._first or self._last
        return reading

    async def _ask(self, query: Query[R]) -> R | None:
        try:
            async with asyncio.timeout(LOOK_S):
                return await self._store.ask(query)
        except (ReadyByError, TimeoutError):
            return None


async def _nothing() -> None:
    return None
