"""The simulated network: its cloud, its outlets, its faults, its ledger and its snapshots."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from readyby.clocks import SetClock
from readyby.model import Evse, EvseId, Site, SiteId
from readyby.network.app import SimulatedNetwork
from readyby.network.changes import ChangeLog, Mischief
from readyby.network.network import Network
from readyby.network.visits import Visit

START = datetime(2019, 7, 24, 14, tzinfo=UTC)
A = 0.208
SITE = Site(
    site_id=SiteId("garage"),
    name="Garage",
    time_zone="UTC",
    limit_kw=30,
    tariff_id="none",
    evses=tuple(
        Evse(
            evse_id=EvseId(f"E{number}"),
            max_kw=32 * A,
            min_kw=6 * A,
            standing_cap_kw=12 * A,
            voltage_v=208.0,
            controlled=number < 2,
        )
        for number in range(3)
    ),
)


def visit(number: int, *, after_min: float = 0, stay_min: float = 240, energy_kwh: float = 40.0) -> Visit:
    arrives_at = START + timedelta(minutes=after_min)
    return Visit(
        session_id=f"S{number}",
        evse_id=f"E{number % 3}",
        token_uid=f"T{number}",
        arrives_at=arrives_at,
        leaves_at=arrives_at + timedelta(minutes=stay_min),
        energy_kwh=energy_kwh,
        car_kw=6.656,
        efficiency=0.96,
    )


VISITS = [visit(0), visit(1, after_min=10), visit(2, after_min=20, stay_min=30)]


def order(name: str = "o1", rank: int = 1, charge: str = "S0", **changes: Any) -> dict[str, Any]:
    told = {
        "order": name,
        "rank": [rank, 1],
        "outlet": f"E{charge[1:]}",
        "charge": charge,
        "until": (START + timedelta(hours=2)).isoformat(),
        "amps": [[START.isoformat(), 20.0]],
    }
    return {**told, **changes}


class Cloud:
    """The vendor's face with time in our hands."""

    def __init__(self, network: Network, snapshot: Path | None = None) -> None:
        self.clock = SetClock(network.at)
        self.network = network
        self.simulated = SimulatedNetwork(
            network, VISITS, clock=self.clock, vendor_key="key", snapshot_path=snapshot
        )
        transport = httpx.ASGITransport(app=self.simulated.app)
        self.http = httpx.AsyncClient(
            transport=transport, base_url="http://vendor", headers={"X-Api-Key": "key"}
        )

    async def let(self, minutes: float) -> None:
        self.clock.instant += timedelta(minutes=minutes)
        self.simulated._advance()

    async def changes(self, cursor: str | None = None, most: int = 5000) -> dict[str, Any]:
        parameters = {"max": most} if cursor is None else {"max": most, "cursor": cursor}
        return (await self.http.get("/changes", params=parameters)).json()

    async def orders(self, *orders: dict[str, Any]) -> list[str]:
        answer = (await self.http.post("/orders", content=orjson.dumps({"orders": orders}))).json()
        return [result["result"] for result in answer["results"]]

    async def active(self, outlet: str) -> str | None:
        answer = await self.http.post("/active", content=orjson.dumps({"outlets": [outlet]}))
        return answer.json()["active"][0]["order"]

    def power_kw(self, outlet: int) -> float:
        return float(self.network._fleet.power_kw[0, outlet])


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    made = Cloud(Network(SITE, VISITS, start_at=START))
    yield made
    await made.http.aclose()


def test_an_outlet_can_report_more_often_than_every_step():
    finer = Network(SITE, VISITS, start_at=START, sample_s=1)
    coarser = Network(SITE, VISITS, start_at=START, sample_s=60)
    for network in (finer, coarser):
        network.advance(START + timedelta(minutes=5), 0)
    samples = finer.page("1:0", 1000)["samples"]
    assert samples["time"][:2] == [(START + timedelta(seconds=second)).isoformat() for second in (1, 2)]
    assert len(samples["time"]) == 300
    assert samples["wh"][-1] == coarser.page("1:0", 1000)["samples"]["wh"][-1] > 0


@pytest.mark.parametrize("path", ["/outlets", "/changes"])
async def test_nobody_is_told_anything_without_the_key(cloud, path):
    for key in ("", "kex", "key "):
        assert (await cloud.http.get(path, headers={"X-Api-Key": key})).status_code == 401


async def test_cars_come_and_go_as_recorded(cloud):
    cursor = (await cloud.changes())["cursor"]
    await cloud.let(60)
    page = await cloud.changes(cursor)
    told = [(charge["charge"], charge["state"]) for charge in page["charges"]]
    assert told[0] == ("S0", "charging")
    assert ("S2", "finished") in told
    ended = [charge for charge in page["charges"] if charge["state"] == "finished"]
    assert [charge["end"] for charge in ended] == [(START + timedelta(minutes=50)).isoformat()]
    assert page["time"] == (START + timedelta(minutes=60)).isoformat()


async def test_each_outlet_with_a_car_tells_once_a_minute(cloud):
    await cloud.let(10)
    samples = (await cloud.changes("1:0"))["samples"]
    assert samples["outlet"] == ["E0"] * 10
    assert samples["watts"][-1] == round(12 * 208 * 0.96)
    assert samples["wh"] == sorted(samples["wh"])


async def test_time_standing_still_changes_nothing(cloud):
    await cloud.let(10)
    page = await cloud.changes("1:0")
    for _ in range(5):
        await cloud.let(0)
    assert (await cloud.changes("1:0")) == page
    assert (await cloud.changes(page["cursor"]))["charges"] == []


async def test_a_page_has_an_end_and_goes_on_there(cloud):
    await cloud.let(60)
    whole = await cloud.changes("1:0")
    parts, cursor = [], "1:0"
    while True:
        page = await cloud.changes(cursor, 7)
        parts += page["samples"]["wh"]
        cursor = page["cursor"]
        if not page["more"]:
            break
    assert parts == whole["samples"]["wh"]
    assert cursor == whole["cursor"]


async def test_an_order_is_in_force_some_seconds_later_until_its_lease_ends(cloud):
    await cloud.let(1)
    assert await cloud.orders(order(until=(START + timedelta(minutes=30)).isoformat())) == ["taken"]
    assert await cloud.active("E0") is None
    await cloud.let(1)
    assert await cloud.active("E0") == "o1"
    assert cloud.power_kw(0) == pytest.approx(20 * A * 0.96)
    assert [told["result"] for told in (await cloud.changes("1:0"))["orders"]] == ["applied"]
    await cloud.let(30)
    assert await cloud.active("E0") is None
    assert cloud.power_kw(0) == pytest.approx(12 * A * 0.96)


async def test_a_sequence_is_stepped_by_the_outlet(cloud):
    points = [
        [(START + timedelta(minutes=m)).isoformat(), amps] for m, amps in ((0, 20.0), (10, 0.0), (20, 6.0))
    ]
    await cloud.let(1)
    await cloud.orders(order(amps=points))
    drawn = []
    for minutes in (8, 10, 10):
        await cloud.let(minutes)
        drawn.append(cloud.power_kw(0))
    assert drawn == [pytest.approx(20 * A * 0.96), 0.0, pytest.approx(6 * A * 0.96)]


async def test_an_order_is_known_by_its_name(cloud):
    await cloud.let(1)
    assert await cloud.orders(order(), order(), order()) == ["taken"] * 3
    await cloud.let(1)
    assert len((await cloud.changes("1:0"))["orders"]) == 1


async def test_a_lower_rank_is_refused_also_when_it_overtook_on_the_way(cloud):
    await cloud.let(1)
    assert await cloud.orders(order("new", 5, amps=[[START.isoformat(), 10.0]]), order("old", 4)) == [
        "taken",
        "refused",
    ]
    await cloud.let(1)
    assert await cloud.active("E0") == "new"


@pytest.mark.parametrize(
    "change",
    [
        {"amps": [[START.isoformat(), 5.9]]},
        {"amps": [[START.isoformat(), 32.1]]},
        {"amps": [[START.isoformat(), 6.05]]},
        {"amps": [[START.isoformat(), -1.0]]},
        {"amps": [[START.isoformat(), 10.0], [START.isoformat(), 12.0]]},
        {"amps": [["2019-07-24T14:00:00", 10.0]]},
        {"amps": "full"},
        {"until": None},
        {"until": START.isoformat()},
        {"outlet": "E9"},
        {"rank": [1]},
    ],
)
async def test_what_cannot_be_is_refused_with_a_reason(cloud, change):
    await cloud.let(1)
    answer = await cloud.http.post("/orders", content=orjson.dumps({"orders": [order() | change]}))
    (result,) = answer.json()["results"]
    assert result["result"] == "refused"
    assert result["why"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"orders": 5}', b"\xff"])
async def test_nonsense_is_refused(cloud, body):
    assert (await cloud.http.post("/orders", content=body)).status_code == 400


async def test_an_outlet_without_remote_control_takes_no_orders(cloud):
    await cloud.let(25)
    assert await cloud.orders(order(charge="S2")) == ["refused"]


async def test_orders_end_with_their_charge():
    visits = [visit(0, stay_min=30), visit(3, after_min=40)]
    cloud = Cloud(Network(SITE, visits, start_at=START))
    await cloud.let(1)
    await cloud.orders(order())
    await cloud.let(45)
    assert await cloud.active("E0") is None
    assert cloud.power_kw(0) == pytest.approx(12 * A * 0.96)
    assert await cloud.orders(order("late", 9)) == ["gone"]


async def test_a_withdrawal_returns_to_the_default(cloud):
    await cloud.let(1)
    await cloud.orders(order())
    await cloud.let(1)
    assert await cloud.orders(order("off", 2, amps=[], until=None)) == ["taken"]
    await cloud.let(1)
    assert cloud.power_kw(0) == pytest.approx(12 * A * 0.96)


async def test_who_ignores_orders_takes_them_and_draws_all_it_can():
    at = START + timedelta(minutes=10)
    cloud = Cloud(Network(SITE, VISITS, start_at=START, ignoring={"E0": at}))
    await cloud.let(1)
    await cloud.orders(order())
    await cloud.let(5)
    assert cloud.power_kw(0) == pytest.approx(20 * A * 0.96)
    await cloud.let(5)
    assert cloud.power_kw(0) == pytest.approx(32 * A * 0.96)
    await cloud.orders(order("less", 2, amps=[[START.isoformat(), 6.0]]))
    await cloud.let(2)
    assert await cloud.active("E0") == "less"
    assert cloud.power_kw(0) == pytest.approx(32 * A * 0.96)
    told = cloud.simulated.ledger_json()["evses"][0]
    assert (told["commands_applied"], told["commands_ignored"]) == (2, 1)
    assert told["ignoring_from"] == at.isoformat()


# --- the ledger -------------------------------------------------------------------------------------------


async def test_the_ledger_tells_what_really_happened_and_what_the_twin_did(cloud):
    await cloud.let(60)
    told = cloud.simulated.ledger_json()
    assert len(told["power_kw"]) == 60
    assert told["power_kw"][5] == pytest.approx(12 * A * 0.96, abs=1e-3)
    assert told["uncontrolled_kw"][5] == pytest.approx(32 * A * 0.96, abs=1e-3)
    assert told["peak_kw"] == pytest.approx(3 * 12 * A * 0.96)
    assert told["uncontrolled_peak_kw"] == pytest.approx(3 * 32 * A * 0.96)
    assert told["energy_kwh"] == pytest.approx(sum(car["energy_kwh"] for car in told["sessions"]))
    cars = {car["session_id"]: car for car in told["sessions"]}
    assert cars["S0"]["left_at"] is None
    assert cars["S2"]["left_at"] == (START + timedelta(minutes=50)).isoformat()
    assert cars["S0"]["peak_kw"] == pytest.approx(12 * A * 0.96)
    assert cars["S0"]["plugged_in_machine_ms"] > 0


async def test_the_ledger_can_begin_later(cloud):
    await cloud.let(60)
    told = cloud.simulated.ledger_json(START + timedelta(minutes=55))
    assert told["minutes_from"] == (START + timedelta(minutes=55)).isoformat()
    assert len(told["power_kw"]) == 5
    assert told["peak_kw"] == pytest.approx(2 * 12 * A * 0.96)


# --- faults and restarts ----------------------------------------------------------------------------------


def test_the_clouds_own_faults_are_seeded_and_rare_and_hide_nothing():
    def told(seed: str) -> tuple[list[Any], list[str]]:
        log = ChangeLog(Mischief(seed))
        for number in range(3000):
            log.add_sample("S0", "E0", f"t{number}", 3000, number)
        for number in range(300):
            log.add_charge({"charge": "S0", "state": "charging", "changed": number})
        samples, charges = [], []
        cursor = "1:0"
        while True:
            page = log.page(cursor, 1000, [])
            samples += list(zip(*page["samples"].values(), strict=True))
            charges += [charge["changed"] for charge in page["charges"]]
            cursor = page["cursor"]
            if not page["more"]:
                return samples, charges

    samples, charges = told("seed")
    spoilt = [s for number, s in enumerate(samples) if s != ("S0", "E0", f"t{number}", 3000, number)]
    assert 0 < len(spoilt) < 20
    assert set(charges) == set(range(300))
    assert len(charges) > 300
    assert charges != sorted(charges)
    assert told("seed") == (samples, charges)


async def test_a_restart_goes_on_from_the_snapshot(tmp_path):
    path = tmp_path / "network.json"
    cloud = Cloud(Network(SITE, VISITS, start_at=START), path)
    await cloud.let(25)
    await cloud.orders(order(), order("second", charge="S1"))
    await cloud.let(5)
    cloud.simulated._save()
    before = cloud.simulated.ledger_json()
    cursor = (await cloud.changes("1:0"))["cursor"]
    await cloud.let(3)

    again = Cloud(Network(SITE, VISITS, start_at=START), path)
    assert again.network.at == START + timedelta(minutes=30)
    assert again.simulated.ledger_json() == before
    assert await again.active("E0") == "o1"
    again.clock.instant = cloud.clock.instant
    page = await again.changes(cursor)
    assert page["restarted"] is True
    assert (await again.changes(page["cursor"]))["restarted"] is False
    await again.let(30)
    assert again.power_kw(0) == pytest.approx(20 * A * 0.96)
    assert [car["session_id"] for car in again.simulated.ledger_json()["sessions"]] == ["S0", "S1", "S2"]
    assert await again.orders(order("third", 7)) == ["taken"]


async def test_a_kill_while_a_snapshot_is_written_leaves_the_one_before(tmp_path):
    path = tmp_path / "network.json"
    cloud = Cloud(Network(SITE, VISITS, start_at=START), path)
    await cloud.let(10)
    cloud.simulated._save()
    path.with_suffix(".draft").write_bytes(b'{"at_us": 15')
    assert Cloud(Network(SITE, VISITS, start_at=START), path).network.at == START + timedelta(minutes=10)


async def test_it_follows_the_clock_by_itself_and_saves_at_its_end(tmp_path):
    path = tmp_path / "network.json"
    cloud = Cloud(Network(SITE, VISITS, start_at=START), path)
    async with cloud.simulated.running():
        cloud.clock.instant += timedelta(minutes=5)
        while cloud.network.at < cloud.clock.instant:
            await asyncio.sleep(0.005)
    assert orjson.loads(path.read_bytes())["at_us"] > 0
