"""The exchange under load: a thousand OCPP stations that report, commands to them, and a long OCPI list.

The exchange's whole way is measured: websocket, schema, transactions, feed, executor, ledger on disk. The
stations are a process of their own. CPU and memory are this process's, by psutil.
"""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import psutil
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from readyby.bench.in_process import in_process_session
from readyby.bench.machine import spin_ms
from readyby.clocks import SystemClock
from readyby.contract import PlanEntry, PlanEnvelope, PlanStep
from readyby.exchange.ledger import Ledger
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.exchange.ocpi.http import OcpiHttp
from readyby.exchange.ocpi.settings import Dialect, OcpiSettings
from readyby.exchange.ocpp.adapter import OcppAdapter
from readyby.exchange.ocpp.settings import OcppSettings, Station
from readyby.exchange.service import Exchange
from readyby.model import Evse, EvseId, Site, SiteId

EVERY_S: Final = 10.0
VOLTS: Final = 208.0
A_KW: Final = VOLTS / 1000
PAGE: Final = 1_000
COMMANDED: Final = 250
ACCEPTED_WITHIN_S: Final = 60.0


def site_of(count: int) -> Site:
    """So many EVSEs, each a station."""
    evses = tuple(
        Evse(
            evse_id=EvseId(f"E{number}"),
            max_kw=32 * A_KW,
            min_kw=6 * A_KW,
            standing_cap_kw=6 * A_KW,
            voltage_v=VOLTS,
        )
        for number in range(count)
    )
    return Site(
        site_id=SiteId("load"),
        name="Load",
        time_zone="UTC",
        limit_kw=10_000.0,
        tariff_id="none",
        evses=evses,
    )


async def bench_exchange(evses: int, seconds: float, sessions: int) -> dict[str, Any]:
    """The figures: `evses, cpu_share, command_ms {p50, p99}, ocpi_pull_s, mb_per_evse`.

    `spin_ms` is the machine's yardstick, taken before.
    """
    machine_ms = spin_ms()
    with tempfile.TemporaryDirectory() as folder:
        figures = await _ocpp(Path(folder), evses, seconds)
    figures["spin_ms"] = machine_ms
    figures["ocpi_sessions"] = sessions
    figures["ocpi_pull_s"] = round(await pull_ocpi(sessions), 2)
    return figures


async def _ocpp(folder: Path, count: int, seconds: float) -> dict[str, Any]:
    process = psutil.Process()
    site = site_of(count)
    stations = {f"CP{n}": Station(connectors={"1": f"E{n}"}) for n in range(count)}
    settings = OcppSettings(port=0, without_passwords=True, stations=stations, sample_s=int(EVERY_S))
    adapter = OcppAdapter(settings, SystemClock(), folder=folder, sites=(site,))
    ledger = Ledger(folder / "exchange.sqlite")
    exchange = Exchange(adapter, SystemClock(), ledger, poll_s=EVERY_S)
    before_mb = process.memory_info().rss / 2**20
    await adapter.open()
    exchange.start()
    try:
        async with _load(adapter.port, count):
            await adapter.settled()
            await asyncio.sleep(2 * EVERY_S)
            spent_s, began_s = sum(process.cpu_times()[:2]), time.monotonic()
            await asyncio.sleep(seconds)
            share = (sum(process.cpu_times()[:2]) - spent_s) / (time.monotonic() - began_s)
            trips = await _command(exchange, adapter, count)
            after_mb = process.memory_info().rss / 2**20
    finally:
        await exchange.stop()
        ledger.close()
    p50, p99 = (round(float(value), 1) for value in np.percentile(trips, [50, 99]))
    return {
        "evses": count,
        "cpu_share": round(share, 3),
        "command_ms": {"p50": p50, "p99": p99, "commands": len(trips)},
        "mb_per_evse": round((after_mb - before_mb) / count, 3),
    }


@contextlib.asynccontextmanager
async def _load(port: int, count: int) -> AsyncIterator[None]:
    """The stations, while they report."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "readyby.bench.stations",
        str(port),
        str(count),
        str(EVERY_S),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        async with asyncio.timeout(300):
            await child.stdout.readline()
        yield
    finally:
        child.kill()
        await child.wait()


async def _command(exchange: Exchange, adapter: OcppAdapter, count: int) -> list[float]:
    """A plan for some EVSEs; from the moment each command was sent to its acceptance, in ms.

    A command that is not accepted in time counts with that time.
    """
    trips: list[float] = []
    for version in range(1, max(2, count // COMMANDED + 1)):
        now = datetime.now(UTC)  # noqa: TID251 - the load's clock is the machine's
        chosen = sorted(adapter.transactions.active.items())[: COMMANDED * version]
        entries = [
            PlanEntry(
                session_id=transaction.session_id,
                evse_id=evse_id,
                controlled=True,
                steps=[PlanStep(start_at=now, limit_kw=12 * A_KW)],
                expires_at=now + timedelta(hours=2),
            )
            for evse_id, transaction in chosen
        ]
        receipts_at = orjson.loads(await exchange.pages.receipts(0, 100_000, 0))["next"]
        taken = exchange.take_plan(
            PlanEnvelope(
                plan_version=version, site_id="load", issued_at=now, limit_kw=10_000.0, entries=entries
            )
        )
        trips += await _trips(exchange, receipts_at, taken.commands)
    return trips


async def _trips(exchange: Exchange, after: int, commands: int) -> list[float]:
    """How long each of so many commands took, once all were accepted, or the time for that is over."""
    until_s = time.monotonic() + ACCEPTED_WITHIN_S
    while True:
        receipts = orjson.loads(await exchange.pages.receipts(after, 100_000, 0))["receipts"]
        sent, accepted = (
            {each["command_id"]: each["machine_ms"] for each in receipts if each["state"] == state}
            for state in ("sent", "accepted")
        )
        trips = [float(at_ms - sent[name]) for name, at_ms in accepted.items() if name in sent]
        if len(trips) >= commands or time.monotonic() > until_s:
            return trips + [ACCEPTED_WITHIN_S * 1000] * (commands - len(trips))
        await asyncio.sleep(0.1)


async def pull_ocpi(count: int) -> float:
    """Seconds to pull a list of so many active sessions of an OCPI partner, to the feed on disk."""
    told = [_session(number) for number in range(count)]

    async def answer(request: Request) -> Response:
        return _page(request, told)

    app = Starlette(routes=[Route("/{path:path}", answer)])
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory() as folder:
        adapter = OcpiAdapter(
            OcpiSettings(public_url="http://us", dialect=Dialect(page_size=PAGE)),
            SystemClock(),
            folder=Path(folder),
            http=lambda settings, token: OcpiHttp(
                settings, token, new_session=lambda: in_process_session(app, loop)
            ),
        )
        adapter.credentials.change(
            token_b="b",  # noqa: S106 - of a bench
            token_c="c",  # noqa: S106 - as above
            endpoints={f"{name}/SENDER": f"http://cpo/{name}" for name in ("sessions", "locations")},
            parties=(("CPO", "US", "SIM"),),
        )
        ledger = Ledger(Path(folder) / "exchange.sqlite")
        exchange = Exchange(adapter, SystemClock(), ledger)
        began_s = time.monotonic()
        while ledger.feed_head < count:
            await exchange.poll()
        pulled_s = time.monotonic() - began_s
        await exchange.stop()
        ledger.close()
    return pulled_s


def _page(request: Request, told: list[dict[str, Any]]) -> Response:
    offset = int(request.query_params.get("offset", "0"))
    listed = told if "sessions" in request.url.path else [_location()]
    page = listed[offset : offset + PAGE]
    body = {"data": page, "status_code": 1000, "timestamp": stamp()}
    return Response(
        orjson.dumps(body), headers={"X-Total-Count": str(len(listed))}, media_type="application/json"
    )


def stamp(minutes: float = 0.0) -> str:
    """An instant near now, as OCPI writes it."""
    at = datetime.now(UTC) - timedelta(minutes=minutes)  # noqa: TID251 - the load's clock is the machine's
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _location() -> dict[str, Any]:
    return {
        "country_code": "US",
        "party_id": "SIM",
        "id": "L",
        "publish": False,
        "address": "1",
        "city": "N",
        "country": "USA",
        "coordinates": {"latitude": "0.0", "longitude": "0.0"},
        "time_zone": "UTC",
        "evses": [],
        "last_updated": stamp(60),
    }


def _session(number: int) -> dict[str, Any]:
    card = {"country_code": "US", "party_id": "SIM", "uid": f"T{number}", "type": "RFID", "contract_id": "C"}
    return {
        "country_code": "US",
        "party_id": "SIM",
        "id": f"S{number}",
        "start_date_time": stamp(30),
        "kwh": 1.5,
        "cdr_token": card,
        "auth_method": "WHITELIST",
        "location_id": "L",
        "evse_uid": f"E{number}",
        "connector_id": "1",
        "currency": "USD",
        "status": "ACTIVE",
        "last_updated": stamp(1),
    }
