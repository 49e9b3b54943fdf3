"""What the exchange does with plans, meters and outages, over its in-memory network."""

import asyncio
from datetime import datetime, timedelta

import pytest

from readyby.clocks import SetClock
from readyby.errors import Unreachable
from readyby.exchange import service
from readyby.exchange.ledger import Ledger
from readyby.exchange.service import Exchange
from tests.exchange.served import NOW, bench_on, network, plan, states

# --- what it does -----------------------------------------------------------------------------------------


async def test_a_plan_leaves_at_once_without_waiting_for_a_poll(bench):
    bench.adapter.plug_in("S0", "E0", None, NOW)
    await bench.poll()
    await bench.http.put("/v1/sites/garage/plan", json=plan(1, E0=3.12))
    await bench.settle()
    (setpoint,) = bench.adapter.submitted
    assert (setpoint.evse_id, setpoint.session_id, setpoint.rank) == ("E0", "S0", (1, 1))
    assert [step.limit_kw for step in setpoint.steps] == [pytest.approx(3.12)]
    assert (await states(bench))["garage.1.E0.1"] == ["sent", "accepted"]


async def test_only_changes_are_sent(bench):
    bench.adapter.plug_in("S0", "E0", None, NOW)
    bench.adapter.plug_in("S1", "E1", None, NOW)
    await bench.poll()
    await bench.http.put("/v1/sites/garage/plan", json=plan(1, E0=3.12, E1=2.08))
    taken = (await bench.http.put("/v1/sites/garage/plan", json=plan(2, E0=3.12, E1=1.872))).json()
    await bench.settle()
    assert taken["commands"] == 1
    assert [setpoint.command_id for setpoint in bench.adapter.submitted][2:] == ["garage.2.E1.1"]


async def test_a_plan_without_changes_is_complete_at_once(bench):
    await bench.poll()
    assert (await bench.http.put("/v1/sites/garage/plan", json=plan(1))).json()["commands"] == 0
    page = (await bench.http.get("/v1/receipts", params={"wait_s": 5})).json()
    (progress,) = page["plans"]
    assert progress["first_wave_accepted_machine_ms"] == progress["complete_machine_ms"]
    assert progress["complete_machine_ms"] == progress["taken_machine_ms"]


@pytest.mark.invariant("I-9")
async def test_who_is_not_named_is_released(bench):
    bench.adapter.plug_in("S0", "E0", None, NOW)
    await bench.poll()
    await bench.http.put("/v1/sites/garage/plan", json=plan(1, E0=3.12))
    await bench.settle()
    await bench.http.put("/v1/sites/garage/plan", json=plan(2))
    await bench.settle()
    assert bench.adapter.submitted[-1].is_release


async def test_meters_verify_what_the_network_accepted(bench):
    bench.adapter.plug_in("S0", "E0", None, NOW)
    await bench.poll()
    await bench.http.put("/v1/sites/garage/plan", json=plan(1, E0=3.12))
    await bench.let(4, E0=3.0)
    assert (await states(bench))["garage.1.E0.1"] == ["sent", "accepted", "verified"]
    await bench.let(2, E0=6.5)
    assert (await states(bench))["garage.1.E0.1"][-1] == "not_followed"


@pytest.mark.invariant("I-4")
async def test_limits_beyond_the_evse_are_rejected_and_the_rest_goes_on(bench):
    for number in range(3):
        bench.adapter.plug_in(f"S{number}", f"E{number}", None, NOW)
    await bench.poll()
    await bench.http.put("/v1/sites/garage/plan", json=plan(1, E0=0.5, E1=7.0, E2=3.12))
    await bench.settle()
    page = (await bench.http.get("/v1/receipts")).json()
    rejected = {
        receipt["evse_id"]: receipt["reason"]
        for receipt in page["receipts"]
        if receipt["state"] == "rejected"
    }
    assert set(rejected) == {"E0", "E1"}
    assert "limit_kw: 0.5" in rejected["E0"]
    assert [setpoint.evse_id for setpoint in bench.adapter.submitted] == ["E2"]


async def test_an_entry_for_a_car_that_left_has_expired(bench):
    bench.adapter.plug_in("S0", "E0", None, NOW)
    await bench.poll()
    bench.adapter.unplug("E0", NOW)
    await bench.poll()
    await bench.http.put("/v1/sites/garage/plan", json=plan(1, E0=3.12))
    assert (await states(bench))["garage.1.E0.0"] == ["expired"]
    assert not bench.adapter.submitted


async def test_an_outage_leaves_commands_unknown_and_they_are_sent_again(bench):
    bench.adapter.plug_in("S0", "E0", None, NOW)
    await bench.poll()
    bench.adapter.outage = lambda: Unreachable("vendor: timed out")
    await bench.http.put("/v1/sites/garage/plan", json=plan(1, E0=3.12))
    await bench.settle()
    assert (await states(bench))["garage.1.E0.1"] == ["sent", "unknown"]
    bench.adapter.outage = None
    for site in bench.exchange._sites.values():
        site._book.lines["E0"].retry_at_ms = 0
    await bench.poll()
    assert (await states(bench))["garage.1.E0.1"] == ["sent", "unknown", "accepted"]
    assert [setpoint.command_id for setpoint in bench.adapter.submitted] == ["garage.1.E0.1"]


async def test_the_feed_passes_on_everything_even_what_is_wrong(bench):
    bench.adapter.plug_in("S0", "E0", "T0", NOW)
    bench.adapter.sessions.append({"session_id": None, "energy_kwh": "lots"})
    bench.adapter.measure("E0", NOW, float("1e9"))
    bench.adapter._meter.append((None, 5, "yesterday", "NaN", None))
    await bench.poll()
    page = (await bench.http.get("/v1/feed")).json()
    assert [told["session_id"] for told in page["sessions"]] == ["S0", None]
    assert page["meter_values"]["power_kw"] == [1e9, "NaN"]
    assert page["next"] == 4
    assert (await bench.http.get("/v1/evses")).json()[0]["power_kw"] is None


async def test_who_waits_is_woken_by_news(bench):
    await bench.poll()
    page = (await bench.http.get("/v1/feed")).json()
    waiting = asyncio.create_task(bench.http.get("/v1/feed", params={"after": page["next"], "wait_s": 20}))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    bench.adapter.plug_in("S0", "E0", None, NOW)
    await bench.poll()
    assert [told["session_id"] for told in (await waiting).json()["sessions"]] == ["S0"]


async def test_freshness_is_news_even_where_nothing_happened(bench):
    await bench.poll()
    page = (await bench.http.get("/v1/feed")).json()
    waiting = asyncio.create_task(bench.http.get("/v1/feed", params={"after": page["next"], "wait_s": 20}))
    await asyncio.sleep(0.01)
    bench.clock.instant = bench.adapter.as_of = NOW + timedelta(seconds=10)
    await bench.poll()
    told = (await waiting).json()
    assert datetime.fromisoformat(told["as_of"]) == NOW + timedelta(seconds=10)


async def test_who_waits_in_vain_gets_an_empty_page(bench):
    await bench.poll()
    await bench.http.get("/v1/feed")
    told = (await bench.http.get("/v1/feed", params={"wait_s": 0.02})).json()
    assert (told["next"], told["sessions"]) == (0, [])
    assert (await bench.http.get("/v1/receipts", params={"wait_s": 0.02})).json()["receipts"] == []


async def test_evses_are_told_with_their_worst_case(bench):
    bench.adapter.plug_in("S0", "E0", None, NOW)
    await bench.poll()
    await bench.http.put("/v1/sites/garage/plan", json=plan(1, E0=3.12))
    await bench.settle()
    evses = {told["evse_id"]: told for told in (await bench.http.get("/v1/evses")).json()}
    assert evses["E0"]["setpoint_kw"] == evses["E0"]["worst_case_kw"] == pytest.approx(3.12)
    assert evses["E1"]["setpoint_kw"] is None
    assert evses["E1"]["worst_case_kw"] == pytest.approx(1.248)


# --- restarts ---------------------------------------------------------------------------------------------


async def test_a_restart_goes_on_where_the_ledger_stands(bench, tmp_path):
    bench.adapter.plug_in("S0", "E0", None, NOW)
    bench.adapter.plug_in("S1", "E1", None, NOW)
    await bench.poll()
    await bench.http.put("/v1/sites/garage/plan", json=plan(1, E0=6.24))
    await bench.let(4, E0=6.1, E1=1.2)
    await bench.http.put("/v1/sites/garage/plan", json=plan(2, E0=1.248, E1=6.24))
    await bench.settle()
    before = await states(bench)
    assert before["garage.2.E1.1"] == ["planned"]

    again = bench_on(tmp_path / "exchange.sqlite", bench.adapter, bench.clock)
    assert await states(again) == before
    assert (await again.http.put("/v1/sites/garage/plan", json=plan(1, E0=6.24))).status_code == 409
    await again.let(5, E0=1.2, E1=1.2)
    after = await states(again)
    assert after["garage.2.E0.1"] == ["sent", "accepted", "verified"]
    assert after["garage.2.E1.1"][:3] == ["planned", "sent", "accepted"]
    assert len({setpoint.command_id for setpoint in bench.adapter.submitted}) == len(bench.adapter.submitted)
    await again.exchange.stop()


async def test_what_was_on_its_way_at_a_crash_is_asked_for_and_sent_again(bench, tmp_path):
    bench.adapter.plug_in("S0", "E0", None, NOW)
    await bench.poll()

    async def never(setpoints: object) -> tuple[()]:
        await asyncio.sleep(60)
        return ()

    bench.adapter.submit = never
    await bench.http.put("/v1/sites/garage/plan", json=plan(1, E0=3.12))
    await bench.settle()
    del bench.adapter.submit

    again = bench_on(tmp_path / "exchange.sqlite", bench.adapter, bench.clock)
    assert (await states(again))["garage.1.E0.1"] == ["sent", "unknown"]
    await again.poll()
    await again.poll()
    assert (await states(again))["garage.1.E0.1"] == ["sent", "unknown", "accepted"]
    await again.exchange.stop()


async def test_a_ledger_that_fails_breaks_the_exchange_loudly(tmp_path, monkeypatch):
    monkeypatch.setattr(service, "MIN_POLL_S", 0.001)
    told: list[BaseException] = []
    ledger = Ledger(tmp_path / "exchange.sqlite")
    exchange = Exchange(network(), SetClock(NOW, speed=1e9), ledger, on_broken=told.append)
    await exchange.poll()
    ledger.close()
    exchange.start()
    while not told:
        await asyncio.sleep(0.001)
    assert exchange.health().status == "broken"
    await exchange.stop()
