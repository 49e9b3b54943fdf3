"""Feed, plan and receipts, end to end: exchange and simulated network, real HTTP between them and us."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Mount

import readyby.exchange.service
from readyby.clocks import SetClock
from readyby.exchange.app import create_app
from readyby.exchange.ledger import Ledger
from readyby.exchange.native import NativeAdapter
from readyby.model import Evse, EvseId, Site, SiteId
from readyby.network.app import SimulatedNetwork
from readyby.network.network import Network
from readyby.network.visits import Visit
from readyby.settings import Settings
from tests.exchange.loopback import serving

START = datetime(2019, 7, 24, 14, tzinfo=UTC)
A = 208 / 1000


def site(limit_kw: float = 16.0, size: int = 4) -> Site:
    evses = tuple(
        Evse(
            evse_id=EvseId(f"E{number}"),
            max_kw=32 * A,
            min_kw=6 * A,
            standing_cap_kw=6 * A,
            voltage_v=208.0,
        )
        for number in range(size)
    )
    return Site(
        site_id=SiteId("garage"),
        name="Garage",
        time_zone="America/Los_Angeles",
        limit_kw=limit_kw,
        tariff_id="none",
        evses=evses,
    )


def visit(number: int, hours: float = 8) -> Visit:
    return Visit(
        session_id=f"S{number}",
        evse_id=f"E{number}",
        token_uid=f"T{number}",
        arrives_at=START + timedelta(seconds=30),
        leaves_at=START + timedelta(hours=hours),
        energy_kwh=60.0,
        car_kw=6.656,
        efficiency=0.97,
    )


@dataclass
class Core:
    """What core does: reads feed and receipts, puts plans, with time in its hands."""

    http: httpx.AsyncClient
    clock: SetClock
    network: Network
    feed_at: int = 0
    receipts_at: int = 0
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, list[str]] = field(default_factory=dict)
    waves: dict[str, int] = field(default_factory=dict)
    plans: dict[int, dict[str, Any]] = field(default_factory=dict)
    peaks_kw: list[float] = field(default_factory=list)
    told: Callable[[], Awaitable[None]] | None = None
    """Waits until a network that pushes has told all that happened up to now."""

    async def read(self, wait_s: float = 0.0) -> None:
        page = (await self.http.get("/v1/feed", params={"after": self.feed_at, "wait_s": wait_s})).json()
        self.feed_at = page["next"]
        self.sessions.update({each["session_id"]: each for each in page["sessions"]})
        page = (await self.http.get("/v1/receipts", params={"after": self.receipts_at})).json()
        self.receipts_at = page["next"]
        for receipt in page["receipts"]:
            self.states.setdefault(receipt["command_id"], []).append(receipt["state"])
            self.waves[receipt["command_id"]] = receipt["wave"]
        self.plans.update({plan["plan_version"]: plan for plan in page["plans"]})

    async def let(self, minutes: float) -> None:
        """Let domain time go on, in steps that the exchange can poll."""
        for _ in range(int(minutes * 2)):
            self.clock.instant += timedelta(seconds=19)
            if self.told is not None:
                await self.told()
            self.clock.instant += timedelta(seconds=11)
            for _ in range(100):
                await self.read()
                health = (await self.http.get("/v1/health")).json()
                as_of = health["as_of"]
                if as_of and datetime.fromisoformat(as_of) >= self.clock.instant - timedelta(seconds=10):
                    break
                await asyncio.sleep(0.005)
            await self.read()

    async def put(self, version: int, limits_kw: dict[str, float], limit_kw: float = 16.0) -> httpx.Response:
        now = self.clock.instant
        entries = [
            {
                "session_id": f"S{evse[1:]}",
                "evse_id": evse,
                "controlled": True,
                "steps": [{"start_at": now.isoformat(), "limit_kw": limit}],
                "expires_at": (now + timedelta(hours=2)).isoformat(),
            }
            for evse, limit in limits_kw.items()
        ]
        plan = {
            "plan_version": version,
            "site_id": "garage",
            "issued_at": now.isoformat(),
            "limit_kw": limit_kw,
            "entries": entries,
        }
        return await self.http.put("/v1/sites/garage/plan", json=plan)


@asynccontextmanager
async def running(folder: Path, network: Network) -> AsyncIterator[Core]:
    clock = SetClock(START, speed=1000.0)
    simulated = SimulatedNetwork(network, [], clock=clock, vendor_key="vendor-key")
    world = Starlette(routes=[Mount("/vendor", routes=simulated.routes)])
    settings = Settings(exchange_token=SecretStr("core-token"), state_dir=folder)
    async with serving(world) as address:
        app = create_app(
            settings,
            clock=clock,
            adapter=NativeAdapter(f"{address}/vendor", "vendor-key"),
            ledger=Ledger(folder / "exchange.sqlite"),
        )
        headers = {"Authorization": "Bearer core-token"}
        async with serving(app) as url, httpx.AsyncClient(base_url=url, headers=headers) as http:
            yield Core(http=http, clock=clock, network=network)


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readyby.exchange.service, "MIN_POLL_S", 0.01)


async def test_sessions_come_in_plans_go_out_and_rises_wait_for_falls(tmp_path: Path) -> None:
    network = Network(site(), [visit(0), visit(1)], start_at=START)
    async with running(tmp_path, network) as core:
        await core.let(3)
        assert {s["session_id"]: s["token_uid"] for s in core.sessions.values()} == {"S0": "T0", "S1": "T1"}

        answer = await core.put(1, {"E0": 6.24})
        assert answer.status_code == 202
        assert answer.json() == {"plan_version": 1, "commands": 1}
        await core.let(5)
        assert core.states["garage.1.E0.1"] == ["sent", "accepted", "verified"]
        assert core.plans[1]["first_wave_accepted_machine_ms"] >= core.plans[1]["taken_machine_ms"]

        await core.put(2, {"E0": 1.248, "E1": 6.24})
        await core.read()
        assert core.states["garage.2.E1.1"] == ["planned"]
        await core.let(8)
        assert core.states["garage.2.E0.1"] == ["sent", "accepted", "verified"]
        assert core.states["garage.2.E1.1"] == ["planned", "sent", "accepted", "verified"]
        assert core.waves["garage.2.E0.1"] == 1
        assert core.waves["garage.2.E1.1"] == 2
        assert core.plans[2]["complete_machine_ms"] > core.plans[2]["first_wave_accepted_machine_ms"]

        truth = network.ledger_json()
        assert truth["peak_kw"] <= 16.0
        assert [evse["commands_applied"] for evse in truth["evses"]] == [2, 1, 0, 0]


@pytest.mark.invariant("I-20")
async def test_an_older_plan_is_refused_and_the_same_one_answered_again(tmp_path: Path) -> None:
    network = Network(site(), [visit(0)], start_at=START)
    async with running(tmp_path, network) as core:
        await core.let(2)
        first = await core.put(5, {"E0": 3.12})
        again = await core.put(5, {"E0": 3.12})
        other = await core.put(5, {"E0": 3.328})
        older = await core.put(4, {"E0": 3.12})
        assert first.json() == again.json()
        assert (other.status_code, older.status_code) == (409, 409)
        assert older.headers["content-type"] == "application/problem+json"


@pytest.mark.invariant("I-3")
async def test_an_outlet_that_ignores_orders_is_found_and_counted_at_its_maximum(tmp_path: Path) -> None:
    network = Network(
        site(), [visit(0), visit(1)], start_at=START, ignoring={"E0": START + timedelta(minutes=6)}
    )
    async with running(tmp_path, network) as core:
        await core.let(2)
        await core.put(1, {"E0": 3.12, "E1": 3.12})
        await core.let(12)
        assert core.states["garage.1.E0.1"][-2:] == ["verified", "not_followed"]
        assert core.states["garage.1.E1.1"][-1] == "verified"
        evses = {each["evse_id"]: each for each in (await core.http.get("/v1/evses")).json()}
        assert evses["E0"]["following"] is False
        assert evses["E0"]["worst_case_kw"] == pytest.approx(6.656)
