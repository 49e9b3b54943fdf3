"""The exchange itself over OCPI: executor, envelope and feed work as they do with any network."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

import readyby.exchange.service
from readyby.clocks import SetClock
from readyby.contract import FeedPage, Wish
from readyby.exchange.app import create_app
from readyby.exchange.ledger import Ledger
from readyby.exchange.ocpi.adapter import OcpiAdapter
from readyby.exchange.ocpi.hosting import host
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.network.faces.ocpi import OcpiFace
from readyby.network.faces.ocpi_teller import Quirks
from readyby.network.network import Network
from readyby.settings import Settings
from tests.exchange.ocpi.conftest import everything_told, loopback, served
from tests.exchange.test_loop import START, Core, site, visit


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readyby.exchange.service, "MIN_POLL_S", 0.01)


@asynccontextmanager
async def running(
    folder: Path,
    network: Network,
    quirks: Quirks | None = None,
    meter_every: timedelta = timedelta(minutes=1),
) -> AsyncIterator[Core]:
    """A core that speaks to an exchange that speaks OCPI to a CPO, each over a socket."""
    clock = SetClock(START, speed=1000.0)
    (cpo_sock, cpo_port), (our_sock, our_port) = loopback(), loopback()
    face = OcpiFace(
        network,
        public_url=f"http://127.0.0.1:{cpo_port}",
        token_a="token-a",
        advance=lambda: network.advance(clock.now(), 0),
        quirks=quirks,
    )
    settings = OcpiSettings(
        versions_url=f"http://127.0.0.1:{cpo_port}/versions",
        token_a=SecretStr("token-a"),
        public_url=f"http://127.0.0.1:{our_port}/ocpi",
        caps_held=True,
        pull_every=timedelta(seconds=10),
        meter_every=meter_every,
    )
    adapter = OcpiAdapter(settings, clock, folder=folder, sites=(network.site,))
    app = create_app(
        Settings(exchange_token=SecretStr("core-token"), state_dir=folder),
        clock=clock,
        adapter=adapter,
        ledger=Ledger(folder / "exchange.sqlite"),
    )
    host(app, adapter)
    headers = {"Authorization": "Bearer core-token"}
    url = f"http://127.0.0.1:{our_port}"
    with served(face.app, cpo_sock), served(app, our_sock):
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:
            yield Core(http=http, clock=clock, network=network, told=lambda: everything_told(face))


@pytest.mark.parametrize("quirks", [Quirks(), Quirks(pushes=False)], ids=["pushed", "pulled"])
async def test_rises_wait_for_falls_over_ocpi_too(tmp_path: Path, quirks: Quirks) -> None:
    network = Network(site(), [visit(0), visit(1)], start_at=START)
    async with running(tmp_path, network, quirks) as core:
        await core.let(3)
        assert {s["session_id"]: s["token_uid"] for s in core.sessions.values()} == {"S0": "T0", "S1": "T1"}
        answer = await core.put(1, {"E0": 6.24})
        assert answer.json() == {"plan_version": 1, "commands": 1}
        await core.let(6)
        assert core.states["garage.1.E0.1"] == ["sent", "accepted", "verified"]
        await core.put(2, {"E0": 1.248, "E1": 6.24})
        await core.let(10)
        assert core.states["garage.2.E0.1"] == ["sent", "accepted", "verified"]
        assert core.states["garage.2.E1.1"] == ["planned", "sent", "accepted", "verified"]
        assert core.waves["garage.2.E1.1"] == 2
        assert network.ledger_json()["peak_kw"] <= 16.0


@pytest.mark.parametrize("every_min", [1, 15])
async def test_a_partner_that_meters_seldom_is_not_silent_if_its_settings_say_so(
    tmp_path: Path, every_min: int
) -> None:
    network = Network(site(), [visit(0)], start_at=START, sample_s=900)
    async with running(tmp_path, network, meter_every=timedelta(minutes=every_min)) as core:
        await core.let(3)
        await core.put(1, {"E0": 3.12})
        await core.let(45)
        page = (await core.http.get("/v1/notices")).json()
        silences = [each["kind"] for each in page["notices"] if each["kind"] == "silent_evse"]
        health = (await core.http.get("/v1/health")).json()
    if every_min == 15:
        assert core.states["garage.1.E0.1"] == ["sent", "accepted", "verified"]
        assert not silences
        assert health["silent_after_s"] >= 1800
    else:
        assert silences
        assert health["silent_after_s"] == 300


async def test_a_drivers_preferences_come_to_core_by_the_feed(tmp_path: Path) -> None:
    async with running(tmp_path, Network(site(), [visit(0)], start_at=START)) as core:
        await core.let(3)
        token = json.loads((tmp_path / "ocpi.credentials.json").read_text())["token_b"]
        answer = await core.http.put(
            "/ocpi/2.2.1/sessions/S0/charging_preferences",
            headers={"Authorization": f"Token {b64encode(token.encode()).decode()}"},
            json={"profile_type": "CHEAP", "departure_time": "2019-07-24T22:00:00Z", "energy_need": 11},
        )
        assert answer.json()["data"] == "ACCEPTED"
        at = core.feed_at
        await core.let(1)
        page = FeedPage.model_validate((await core.http.get("/v1/feed", params={"after": 0})).json())
    (wish,) = map(Wish.model_validate, page.wishes)
    assert (wish.session_id, wish.kind, wish.energy_need_kwh) == ("S0", "need", 11.0)
    assert wish.departure_at == datetime(2019, 7, 24, 22, tzinfo=UTC)
    assert page.next > at
