"""The exchange itself over ChargePoint: steps, rises that wait for falls, limits that are lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

import readyby.exchange.service
from readyby.clocks import SetClock
from readyby.exchange.app import create_app
from readyby.exchange.chargepoint.adapter import ChargepointAdapter
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.ledger import Ledger
from readyby.network.faces.chargepoint import ChargepointFace, Quirks
from readyby.network.network import Network
from readyby.settings import Settings
from tests.exchange.chargepoint.conftest import KEY, PASSWORD
from tests.exchange.loopback import serving
from tests.exchange.test_loop import START, Core, site, visit


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readyby.exchange.service, "MIN_POLL_S", 0.01)


class NamedCore(Core):
    """A core that plans sessions by the names that this network gives them."""

    async def put(self, version: int, limits_kw: dict[str, float], limit_kw: float = 16.0) -> httpx.Response:
        steps = {evse: [(0, limit)] for evse, limit in limits_kw.items()}
        return await self.put_steps(version, steps, limit_kw)

    async def put_steps(
        self, version: int, steps: dict[str, list[tuple[float, float]]], limit_kw: float = 16.0
    ) -> httpx.Response:
        """A plan of steps, each so many minutes from now."""
        now = self.clock.instant
        names = {each["evse_id"]: each["session_id"] for each in self.sessions.values()}
        entries = [
            {
                "session_id": names[evse],
                "evse_id": evse,
                "controlled": True,
                "steps": [
                    {"start_at": (now + timedelta(minutes=at)).isoformat(), "limit_kw": limit}
                    for at, limit in each
                ],
                "expires_at": (now + timedelta(hours=2)).isoformat(),
            }
            for evse, each in steps.items()
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
async def running(folder: Path, network: Network, **more: Any) -> AsyncIterator[NamedCore]:
    """A core that speaks to an exchange that speaks SOAP to the service, each over a socket."""
    clock = SetClock(START, speed=1000.0)
    face = ChargepointFace(
        network,
        key=KEY,
        password=PASSWORD,
        advance=lambda: network.advance(clock.now(), 0),
        quirks=Quirks(cache=timedelta(seconds=20)),
    )
    async with serving(face.app) as service:
        settings = ChargepointSettings(
            url=f"{service}/services",
            license_key=SecretStr(KEY),
            password=SecretStr(PASSWORD),
            stations=face.stations,
            token="credentialID",
            caps_held=True,
            load_every=timedelta(seconds=10),
            lag=timedelta(minutes=1),
            settle=timedelta(minutes=1),
            calls_per_minute=100_000,
            calls_at_once=500,
            **more,
        )
        app = create_app(
            Settings(exchange_token=SecretStr("core-token"), state_dir=folder),
            clock=clock,
            adapter=ChargepointAdapter(settings, clock, folder=folder, sites=(network.site,)),
            ledger=Ledger(folder / "exchange.sqlite"),
        )
        headers = {"Authorization": "Bearer core-token"}
        async with serving(app) as url, httpx.AsyncClient(base_url=url, headers=headers) as http:
            yield NamedCore(http=http, clock=clock, network=network)


async def test_rises_wait_for_falls_over_chargepoint_too(tmp_path: Path) -> None:
    network = Network(site(), [visit(0), visit(1)], start_at=START)
    async with running(tmp_path, network) as core:
        await core.let(4)
        assert {each["evse_id"]: each["token_uid"] for each in core.sessions.values()} == {
            "E0": "T0",
            "E1": "T1",
        }
        assert (await core.put(1, {"E0": 6.24})).json() == {"plan_version": 1, "commands": 1}
        await core.let(8)
        assert core.states["garage.1.E0.1"] == ["sent", "accepted", "verified"]
        await core.put(2, {"E0": 1.248, "E1": 6.24})
        await core.let(14)
        assert core.states["garage.2.E0.1"] == ["sent", "accepted", "verified"]
        assert core.states["garage.2.E1.1"] == ["planned", "sent", "accepted", "verified"]
        assert core.waves["garage.2.E1.1"] == 2
        assert network.ledger_json()["peak_kw"] <= 16.0


async def test_a_sequence_is_carried_step_by_step(tmp_path: Path) -> None:
    network = Network(site(), [visit(0)], start_at=START)
    async with running(tmp_path, network) as core:
        await core.let(4)
        await core.put_steps(1, {"E0": [(0, 2.08), (12, 4.16)]})
        await core.let(8)
        first = network.ledger_json()["power_kw"][-1]
        await core.let(12)
        second = network.ledger_json()["power_kw"][-1]
        assert first == pytest.approx(2.08 * 0.97, abs=0.03)
        assert second == pytest.approx(4.16 * 0.97, abs=0.03)
        assert core.states["garage.1.E0.2"][-1] == "verified"


async def test_a_limit_that_the_service_forgot_is_sent_again(tmp_path: Path) -> None:
    network = Network(site(), [visit(0)], start_at=START)
    async with running(tmp_path, network) as core:
        await core.let(4)
        await core.put(1, {"E0": 4.16})
        await core.let(8)
        assert core.states["garage.1.E0.1"][-1] == "verified"
        network.orders.held.clear()
        network._next_change_us[:] = 0
        await core.let(8)
        assert network.ledger_json()["power_kw"][-1] == pytest.approx(4.16 * 0.97, abs=0.05)
        notices = (await core.http.get("/v1/notices", params={"after": 0})).json()["notices"]
        assert {"network_restarted", "lost_command"} <= {each["kind"] for each in notices}
