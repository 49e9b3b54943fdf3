"""The exchange's HTTP face over its in-memory network, with its clock in the test's hands."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from readyby.clocks import SetClock
from readyby.exchange.adapter import EvseFacts
from readyby.exchange.app import create_app
from readyby.exchange.ledger import Ledger
from readyby.exchange.memory import MemoryAdapter
from readyby.exchange.service import Exchange
from readyby.settings import Settings

NOW = datetime(2019, 7, 24, 15, tzinfo=UTC)
TOKEN = "a-token-of-this-test"


@dataclass
class Bench:
    app: FastAPI
    adapter: MemoryAdapter
    clock: SetClock
    http: httpx.AsyncClient
    ledger: Ledger

    @property
    def exchange(self) -> Exchange:
        return self.app.state.exchange

    async def poll(self) -> None:
        """One look at the network, and whatever it set going."""
        await self.exchange.poll()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def let(self, minutes: int, **power_kw: float) -> None:
        for _ in range(minutes):
            self.clock.instant += timedelta(minutes=1)
            self.adapter.as_of = self.clock.instant
            for evse_id, power in power_kw.items():
                self.adapter.measure(evse_id, self.clock.instant, power)
            await self.poll()


def network() -> MemoryAdapter:
    evses = tuple(
        EvseFacts(
            evse_id=f"E{n}",
            site_id="garage",
            max_kw=6.656,
            min_kw=1.248,
            standing_cap_kw=1.248,
            quantum_kw=0.0208,
        )
        for n in range(4)
    )
    return MemoryAdapter(evses=evses, as_of=NOW)


def bench_on(path: Path, adapter: MemoryAdapter, clock: SetClock) -> Bench:
    ledger = Ledger(path)
    settings = Settings(exchange_token=SecretStr(TOKEN))
    app = create_app(settings, clock=clock, adapter=adapter, ledger=ledger)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    http = httpx.AsyncClient(transport=transport, base_url="http://exchange", headers=headers)
    return Bench(app, adapter, clock, http, ledger)


def plan(version: int = 1, site_id: str = "garage", **limits_kw: float) -> dict[str, Any]:
    return {
        "plan_version": version,
        "site_id": site_id,
        "issued_at": NOW.isoformat(),
        "limit_kw": 16.0,
        "entries": [
            {
                "session_id": f"S{evse_id[1:]}",
                "evse_id": evse_id,
                "controlled": True,
                "steps": [{"start_at": NOW.isoformat(), "limit_kw": limit_kw}],
                "expires_at": (NOW + timedelta(hours=2)).isoformat(),
            }
            for evse_id, limit_kw in limits_kw.items()
        ],
    }


async def states(bench: Bench) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for receipt in (await bench.http.get("/v1/receipts")).json()["receipts"]:
        found.setdefault(receipt["command_id"], []).append(receipt["state"])
    return found
