"""What stations kept while they were away is told in order, stored as history, and starts nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import orjson
from ocpp.v16 import call

from readyby.contract import PlanEnvelope
from readyby.exchange.adapter import STRANGE
from readyby.exchange.ledger import Ledger
from readyby.exchange.ocpp.transactions import Transactions
from readyby.exchange.service import Exchange
from tests.exchange.ocpp.conftest import START, Begin, Pair
from tests.exchange.ocpp.test_stations import OtherStation, start, station_at
from tests.exchange.test_adapters import garage, setpoint


@asynccontextmanager
async def by_others(pair: Pair) -> AsyncIterator[OtherStation]:
    """The station side of the `ocpp` package at E0."""
    async with station_at(pair) as connection:
        station = OtherStation("E0", connection)
        station.profiles = []
        task = asyncio.create_task(station.start())
        await station.call(call.BootNotification("Model", "Vendor"))
        await pair.adapter.settled()
        try:
            yield station
        finally:
            task.cancel()


async def began(station: OtherStation, minutes: float, meter: int) -> int:
    at = (START + timedelta(minutes=minutes)).isoformat()
    return (await station.call(call.StartTransaction(1, "T0", meter, at))).transaction_id


async def measured(station: OtherStation, number: int, minutes: float, meter: int) -> None:
    at = (START + timedelta(minutes=minutes)).isoformat()
    value = {"timestamp": at, "sampledValue": [{"value": str(meter)}, {"value": "3000", **POWER}]}
    await station.call(call.MeterValues(1, [value], number))


POWER = {"measurand": "Power.Active.Import", "unit": "W"}


async def ended(station: OtherStation, number: int, minutes: float, meter: int) -> None:
    at = (START + timedelta(minutes=minutes)).isoformat()
    await station.call(call.StopTransaction(meter, at, number))


async def test_an_offline_queue_is_history_and_what_follows_is_live(begin: Begin) -> None:
    async with begin(connected=False) as pair:
        ledger = Ledger(":memory:")
        exchange = Exchange(pair.adapter, pair.clock, ledger)
        await exchange.poll()
        pair.clock.instant = START + timedelta(hours=3)
        async with by_others(pair) as station:
            number = await began(station, 0, 1_000)
            await measured(station, number, 10, 1_500)
            await measured(station, number, 20, 2_000)
            await ended(station, number, 60, 4_000)
            await exchange.poll()
            page = orjson.loads(ledger.feed_page(0, 1_000))
            assert {(each["session_id"], each["live"]) for each in page["sessions"]} == {
                (f"E0-{number}", False)
            }
            assert page["sessions"][-1]["status"] == "COMPLETED"
            assert page["sessions"][-1]["energy_kwh"] == 3.0
            assert page["meter_values"]["measured_at"] == [
                (START + timedelta(minutes=minutes)).isoformat() for minutes in (10, 20)
            ]
            assert page["meter_values"]["energy_kwh"] == [0.5, 1.0]
            exchange.take_plan(
                PlanEnvelope(
                    plan_version=1, site_id="garage", issued_at=pair.clock.now(), limit_kw=30.0, entries=[]
                )
            )
            await exchange.settled()
            assert [
                told["cs_charging_profiles"]["charging_profile_purpose"] for told in station.profiles
            ] == ["TxDefaultProfile"]
            live = await began(station, 180, 4_000)
            await exchange.poll()
            page = orjson.loads(ledger.feed_page(page["next"], 1_000))
            assert [(each["session_id"], each["live"]) for each in page["sessions"]] == [(f"E0-{live}", True)]
        ledger.close()


async def test_a_queue_that_comes_after_a_new_start_takes_its_place_away_from_nobody(begin: Begin) -> None:
    async with begin(connected=False) as pair:
        desk = pair.adapter.transactions
        place = desk.places["E0", 1]
        pair.clock.instant = START + timedelta(hours=2)
        newer = desk.start(place, start(120))
        older = desk.start(place, start(0))
        assert desk.active["E0"].number == newer
        desk.stop("E0", {"transactionId": older, "meterStop": 3_000, "timestamp": START.isoformat()})
        told = {each["session_id"]: each["status"] for each in (await pair.adapter.pull(None)).sessions}
        assert told == {f"E0-{newer}": "ACTIVE", f"E0-{older}": "COMPLETED"}


async def test_the_next_start_ends_what_nobody_ended(begin: Begin) -> None:
    async with begin(connected=False) as pair:
        desk = pair.adapter.transactions
        for number in range(12):
            desk.start(desk.places["E0", 1], start(number / 100))
        batch = await pair.adapter.pull(None)
        active = {each["session_id"] for each in batch.sessions} - {
            each["session_id"] for each in batch.sessions if each["status"] == "COMPLETED"
        }
        assert active == {"E0-12"}
        assert {remark.kind for remark in batch.remarks} == {"unended_session"}
    async with begin(connected=False) as pair:
        assert pair.adapter.transactions.active["E0"].session_id == "E0-12"


async def test_an_end_that_is_told_after_it_was_inferred_is_the_one_that_counts(begin: Begin) -> None:
    """A station that was away says first that its connector is free, and then what it kept."""
    async with begin(connected=False) as pair:
        ledger = Ledger(":memory:")
        exchange = Exchange(pair.adapter, pair.clock, ledger)
        await exchange.poll()
        async with by_others(pair) as station:
            number = await began(station, 0, 1_000)
            await measured(station, number, 0.5, 1_025)
            await exchange.poll()
        pair.clock.instant = START + timedelta(hours=3)
        async with by_others(pair) as station:
            await station.call(call.StatusNotification(1, "NoError", "Available"))
            await measured(station, number, 60, 4_000)
            await ended(station, number, 90, 5_500)
            await ended(station, number, 90, 5_500)
            await exchange.poll()
        page = orjson.loads(ledger.feed_page(0, 1_000))
        session = {each["session_id"]: each for each in page["sessions"]}[f"E0-{number}"]
        assert (session["status"], session["energy_kwh"]) == ("COMPLETED", 4.5)
        assert session["ended_at"] == (START + timedelta(minutes=90)).isoformat()
        stamps = [each["last_updated"] for each in page["sessions"]]
        assert stamps == sorted(set(stamps)), "each is newer than the one before, or it would not count"
        assert page["meter_values"]["energy_kwh"] == [0.025, 3.0]
        ledger.close()


async def test_transactions_of_a_lost_file_do_not_give_their_numbers_away(begin: Begin) -> None:
    async with begin(connected=False) as pair:
        new = Transactions(pair.adapter.settings, [garage()], pair.clock.now, None, count_from=2_000)
        assert new.start(new.places["E0", 1], start(0)) == 2_001
        assert new.start(new.places["E1", 1], start(0)) == 2_002


async def test_a_profile_that_nobody_here_remembers_is_a_strange_one(begin: Begin) -> None:
    async with begin() as pair:
        await pair.let(timedelta(minutes=2))
        assert (await pair.adapter.read_active(["E0"]))[0].command_id is None
        await pair.adapter.submit([setpoint(session_id=pair.session_id())])
        await pair.let(timedelta(minutes=2))
        assert (await pair.adapter.read_active(["E0"]))[0].command_id == setpoint().command_id
        pair.adapter.transactions.state._db.execute("DELETE FROM command")
        assert (await pair.adapter.read_active(["E0"]))[0].command_id == STRANGE
