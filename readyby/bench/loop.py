"""The loop under load: 100 controlled sessions, 1,000 meter values a second, both apps open, runs recorded.

Everything is the product as the demo starts it, on a site made for the purpose; every EVSE reports once a
domain second, at ten times the speed of life. Requests go through the page over HTTP.
"""

import asyncio
import os
import random
import secrets
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psutil

from readyby.bench.data import DAY, OPENS, SITE_ID, TIME_ZONE, write_data
from readyby.bench.drivers import Driver, Inbox, open_inbox
from readyby.bench.machine import spin_ms
from readyby.bench.pages import open_pages
from readyby.clocks import machine_ms
from readyby.demo.parts import demo_parts, demo_settings
from readyby.demo.ports import choose_ports
from readyby.demo.supervisor import Supervisor
from readyby.errors import Unreachable
from readyby.settings import Settings
from readyby.store.api import (
    ReadCounts,
    ReadPending,
    RequestTiming,
    RequestTimings,
)
from readyby.store.bench import ingest_rows_per_s
from readyby.store.client import StoreClient
from readyby.wall import instant_of

EVSES = 100
SPEED = 10.0
SAMPLE_S = 1
SPREAD_REQUESTS = 50
SPREAD_S = 2.0
BURST = 100
WELCOMED_WITHIN_S = 180.0
PLANNED_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The running product, as the benchmark reaches it."""

    settings: Settings
    supervisor: Supervisor
    store: StoreClient
    drivers: Sequence[Driver]


async def bench_loop(shipped: Path, *, minutes: float = 10.0, seed: int = 1) -> dict[str, Any]:
    """Measure and return the figures; takes about `minutes` plus start and stop.

    Raises:
        Unreachable: the product did not come to the state that is to be measured.
    """
    chance = random.Random(seed)  # noqa: S311 - which driver asks for what, the same each time
    spins_ms = [spin_ms()]
    with tempfile.TemporaryDirectory(prefix="rbb") as folder:
        async with _product(Path(folder), shipped) as stage:
            began_ms = machine_ms()
            for driver in stage.drivers:
                await _ask(driver, chance)
            await _planned(stage.store)
            counted, at_ms = await stage.store.ask(ReadCounts()), machine_ms()
            acks = [await _ask_spread(chance.choice(stage.drivers), chance) for _ in range(SPREAD_REQUESTS)]
            spread = (await _planned(stage.store))[-SPREAD_REQUESTS:]
            rate = await _meter_values_per_s(stage.store, counted.meter_values, at_ms)
            burst_acks = await _ask_burst(stage.drivers[:BURST], chance)
            burst = (await _planned(stage.store))[-BURST:]
            await asyncio.sleep(max(0.0, minutes * 60 - (machine_ms() - began_ms) / 1000))
            counts = await stage.store.ask(ReadCounts())
            figures = {
                "evses": EVSES,
                "meter_values_per_s": round(rate),
                "request_to_accepted_ms": _spread(_accepted_ms(spread)),
                "request_to_complete_ms": _spread(_complete_ms(spread)),
                "burst_last_ms": max(_accepted_ms(burst)),
                "ack_ms": {key: _spread(acks)[key] for key in ("p50", "p95")},
                "burst_ack_ms": {key: _spread(burst_acks)[key] for key in ("p50", "p95")},
                "plans": counts.plans,
                "runs_recorded": await _runs_at_server(stage.settings),
                "runs_bare": counts.runs_bare,
                "minutes": round((machine_ms() - began_ms) / 60_000, 1),
                "pss_mb": _pss_mb(stage.supervisor),
            }
    spins_ms.append(spin_ms())
    ingest = ingest_rows_per_s()
    return {
        **figures,
        "machine": {"cores": os.cpu_count(), "spin_ms": spins_ms},
        "ingest_rows_per_s": ingest["rows_per_s"],
        "ingest": ingest,
    }


@asynccontextmanager
async def _product(folder: Path, shipped: Path) -> AsyncIterator[Stage]:
    """The whole product on the benchmark's site, every driver welcomed, both apps open in a browser."""
    data = write_data(folder / "data", shipped, EVSES)
    async with open_inbox() as inbox:
        settings = _settings(folder, data, inbox)
        supervisor = Supervisor(demo_parts(settings, secrets.token_hex(16)), log_dir=folder / "logs")
        store = StoreClient(settings.socket_path)
        try:
            await supervisor.start()
            drivers = [Driver(link) for link in await _links(inbox)]
            async with open_pages(settings, next(iter(inbox.links.values()))):
                yield Stage(settings=settings, supervisor=supervisor, store=store, drivers=drivers)
            for driver in drivers:
                await driver.close()
        finally:
            await supervisor.stop()
            await store.aclose()


def _settings(folder: Path, data: Path, inbox: Inbox) -> Settings:
    base = Settings(data_dir=data)
    made = demo_settings(
        base,
        state_dir=folder / "state",
        ports=choose_ports(base, {}),
        day=DAY.isoformat(),
        seed=base.demo_seed,
        start=instant_of(DAY, OPENS, ZoneInfo(TIME_ZONE)),
        speed=SPEED,
    )
    return made.model_copy(
        update={"site_id": SITE_ID, "phones_url": inbox.url, "demo_sample_s": SAMPLE_S, "min_free_mb": 0}
    )


async def _links(inbox: Inbox) -> list[str]:
    deadline_ms = machine_ms() + WELCOMED_WITHIN_S * 1000
    while len(inbox.links) < EVSES:
        if machine_ms() > deadline_ms:
            raise Unreachable(f"welcome: {len(inbox.links)} of {EVSES} drivers within {WELCOMED_WITHIN_S} s")
        await asyncio.sleep(0.2)
    return list(inbox.links.values())


def _wish(chance: random.Random) -> tuple[float, str]:
    """Miles, and when the driver leaves."""
    leaves = f"{chance.randint(14, 21)}:{chance.choice(('00', '15', '30', '45'))}"
    return round(chance.uniform(20, 150), 1), leaves


async def _ask(driver: Driver, chance: random.Random) -> float:
    await driver.open()
    return await driver.ask(*_wish(chance))


async def _ask_spread(driver: Driver, chance: random.Random) -> float:
    await asyncio.sleep(SPREAD_S * chance.uniform(0.5, 1.5))
    return await _ask(driver, chance)


async def _ask_burst(drivers: Sequence[Driver], chance: random.Random) -> list[float]:
    """All press the button within one second, their pages open before."""
    for driver in drivers:
        await driver.open()

    async def press(driver: Driver, wish: tuple[float, str], after_s: float) -> float:
        await asyncio.sleep(after_s)
        return await driver.ask(*wish)

    pressing = (press(driver, _wish(chance), chance.random()) for driver in drivers)
    return await asyncio.gather(*pressing)


async def _planned(store: StoreClient) -> tuple[RequestTiming, ...]:
    """Wait until every new request has reached the EVSEs; their timings, in the store's order."""
    deadline_ms = machine_ms() + PLANNED_WITHIN_S * 1000
    while True:
        pending, timings = await store.ask(ReadPending()), await store.ask(RequestTimings())
        waiting = [timing for timing in timings if timing.first_wave_accepted_machine_ms is None]
        if not (pending.requests or waiting):
            return timings
        if machine_ms() > deadline_ms:
            raise Unreachable(
                f"plan: {len(waiting)} requests are not at the EVSEs after {PLANNED_WITHIN_S} s"
            )
        await asyncio.sleep(0.1)


async def _meter_values_per_s(store: StoreClient, before: int, since_ms: int) -> float:
    counts = await store.ask(ReadCounts())
    return (counts.meter_values - before) * 1000 / (machine_ms() - since_ms)


def _accepted_ms(timings: Sequence[RequestTiming]) -> list[float]:
    return [
        float(timing.first_wave_accepted_machine_ms - timing.stored_machine_ms)
        for timing in timings
        if timing.first_wave_accepted_machine_ms is not None
    ]


def _complete_ms(timings: Sequence[RequestTiming]) -> list[float]:
    return [
        float(timing.complete_machine_ms - timing.stored_machine_ms)
        for timing in timings
        if timing.complete_machine_ms is not None
    ]


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {"n": 0}
    ordered = sorted(values)
    p95 = statistics.quantiles(ordered, n=20, method="inclusive")[-1] if len(ordered) > 1 else ordered[0]
    return {
        "n": len(ordered),
        "p50": round(statistics.median(ordered), 1),
        "p95": round(p95, 1),
        "max": round(ordered[-1], 1),
    }


async def _runs_at_server(settings: Settings) -> int:
    """How many runs of the planning deployment the Prefect server knows as completed."""
    wanted = {
        "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
        "flows": {"name": {"any_": ["plan-site"]}},
    }
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        answer = await client.post(f"{settings.prefect_api}/flow_runs/count", json=wanted)
    return int(answer.raise_for_status().json())


def _pss_mb(supervisor: Supervisor) -> dict[str, float]:
    """Proportional memory of each part with its children, and of all."""
    found: dict[str, float] = {}
    for name in supervisor.names:
        pid = supervisor.pid(name)
        if pid is None:
            continue
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
        found[name] = round(sum(process.memory_full_info().pss for process in family) / 1e6, 1)
    return {**found, "total": round(sum(found.values()), 1)}
