"""Meter values: once each, in any order, bad ones apart (I-23, I-24, I-25)."""

import itertools
import json
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readyby.errors import BadInput
from readyby.store import api
from tests.support.store_world import START, StoreWorld, minute, page, session_record, site

TABLES = {
    "session": "session_id, status, started_at, ended_at, energy_kwh, last_updated, live, active, token_hash",
    "meter_value": "session_id, evse_id, measured_at, power_kw, energy_kwh",
    "meter_slot": "session_id, evse_id, slot_at, readings, round(power_sum_kw, 6) as power_sum_kw",
    "session_meter": "session_id, last_at, last_power_kw, last_energy_kwh, max_energy_kwh",
    "quality_mark": "kind, evse_id, measured_at",
    "quarantine": "kind, reason, record",
    "feed_position": "feed, cursor_value, as_of",
}


def tables(world: StoreWorld) -> dict[str, list[str]]:
    return {
        name: sorted(str(row) for row in world.rows(f"select {columns} from {name}"))
        for name, columns in TABLES.items()
    }


def reading(
    number: int, minutes: float, power_kw: object = 3.0, energy_kwh: object = 1.0, **changes: Any
) -> list[Any]:
    row = {"session_id": f"S{number}", "evse_id": f"E{number}", "at": minute(minutes).isoformat()} | changes
    return [row["session_id"], row["evse_id"], row["at"], power_kw, energy_kwh]


def stored(world: StoreWorld) -> int:
    return int(world.rows("select count(*) as n from meter_value")[0]["n"])


def reasons(world: StoreWorld) -> list[str]:
    return sorted(row["reason"] for row in world.rows("select reason from quarantine"))


def test_readings_are_stored_once(world: StoreWorld) -> None:
    rows = [reading(1, n, energy_kwh=n / 10) for n in range(5)]
    first = world.ingest(meter=[*rows, rows[0]])
    assert (first.meter_values, first.duplicates, first.quarantined) == (5, 1, 0)
    again = world.ingest(meter=rows)
    assert (again.meter_values, again.duplicates) == (0, 5)
    assert stored(world) == 5


def test_readings_may_come_before_their_session(world: StoreWorld) -> None:
    world.ingest(meter=[reading(1, 3, 4.0, 0.2)])
    world.ingest([session_record(1)])
    (view,) = world.ask(api.ReadSituation(site_id=world_site(), now=minute(4))).sessions
    assert (view.power_kw, view.delivered_kwh, view.measured_at) == (4.0, 0.2, minute(3))


def world_site() -> Any:
    return "jpl"


BAD = [
    (reading(1, 0, float("nan")), "power_kw is no finite number"),
    (reading(1, 0, float("inf")), "power_kw is no finite number"),
    (reading(1, 0, "3"), "power_kw is no finite number"),
    (reading(1, 0, None), "power_kw is no finite number"),
    (reading(1, 0, True), "power_kw is no finite number"),
    (reading(1, 0, -0.1), "power_kw is negative"),
    (reading(1, 0, 13.3), "power_kw is beyond twice what the EVSE can deliver"),
    (reading(1, 0, 10**400), "power_kw is no finite number"),
    (reading(1, 0, 3.0, float("-inf")), "energy_kwh is no finite number"),
    (reading(1, 0, 3.0, -1), "energy_kwh is negative"),
    (reading(1, 0, 3.0, 1e9), "energy_kwh is beyond what any session takes"),
    (reading(1, 0, evse_id="E99"), "evse_id names no known EVSE"),
    (reading(1, 0, evse_id=None), "evse_id is no text"),
    (reading(1, 0, evse_id=7), "evse_id is no text"),
    (reading(1, 0, session_id=""), "session_id is no text"),
    (reading(1, 0, at="yesterday"), "measured_at is no instant with a zone"),
    (reading(1, 0, at="2026-01-05T15:00:00"), "measured_at is no instant with a zone"),
    (reading(1, 0, at=1767625200), "measured_at is no instant with a zone"),
    (reading(1, 10.1), "measured_at lies more than 10 minutes in the future"),
]


@pytest.mark.invariant("I-25")
@pytest.mark.parametrize(("row", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_bad_row_stands_apart_and_the_rest_goes_on(world: StoreWorld, row: list[Any], reason: str) -> None:
    seen = world.ingest(meter=[reading(1, 1), row, reading(2, 1)])
    assert (seen.meter_values, seen.quarantined) == (2, 1)
    assert reasons(world) == [reason]
    (kept,) = world.rows("select record, kind from quarantine")
    assert kept["kind"] == "meter_value"
    assert json.loads(kept["record"])["session_id"] == row[0]


def test_every_kind_of_instant_is_read_alike(world: StoreWorld) -> None:
    texts = ["2026-01-05T15:01:00Z", "2026-01-05T07:02:00-08:00", "2026-01-05T15:03:00.25+00:00"]
    assert world.ingest(meter=[reading(1, 0, at=text) for text in texts]).meter_values == 3
    found = [row["measured_at"] for row in world.rows("select measured_at from meter_value order by 1")]
    assert found == [minute(1), minute(2), minute(3) + timedelta(milliseconds=250)]


def test_bad_rows_in_a_large_page(world: StoreWorld) -> None:
    """Wrong types, scattered, cost their own rows and no others."""
    rows = [reading(1 + n % 6, n // 6 / 100, energy_kwh=n / 1000) for n in range(3000)]
    dice = random.Random(7)
    broken = dice.sample(range(3000), 30)
    for place, spoil in zip(broken, [(3, "x"), (4, None), (2, "late"), (0, 5), (1, [])] * 6, strict=True):
        rows[place][spoil[0]] = spoil[1]
    seen = world.ingest(meter=rows, at=minute(60))
    assert (seen.meter_values, seen.quarantined) == (2970, 30)


def test_columns_of_unequal_length_are_kept_apart(world: StoreWorld) -> None:
    body = json.loads(page(5, meter=[reading(1, 0)]))
    body["meter_values"]["power_kw"] = []
    seen = world.do(api.IngestPage(body=json.dumps(body).encode(), received_at=START))
    assert (seen.cursor, seen.meter_values, seen.quarantined) == (5, 0, 1)
    assert "unequal length" in reasons(world)[0]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"\xff", b'{"next": 1}', b'{"next":1,"as_of":"x","sessions":[]}']
)
def test_what_is_no_page_is_refused_whole(world: StoreWorld, body: bytes) -> None:
    with pytest.raises(BadInput):
        world.do(api.IngestPage(body=body, received_at=START))
    assert world.ask(api.FeedCursor()) == 0


@pytest.mark.invariant("I-25", "I-30")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"evse_id": "E99"}, "evse_id names no known EVSE"),
        ({"site_id": "elsewhere"}, "evse_id belongs to another site"),
        ({"status": "CHARGING"}, "status: Input should be 'ACTIVE', 'COMPLETED' or 'INVALID'"),
        ({"started_at": "2026-01-05T15:00:00"}, "started_at: Input should have timezone info"),
        ({"started_at": minute(11).isoformat()}, "started_at lies more than 10 minutes in the future"),
        ({"status": "COMPLETED", "ended_at": minute(-1).isoformat()}, "ended_at lies before started_at"),
        ({"energy_kwh": -1}, "energy_kwh is negative, or beyond what any session takes"),
        ({"session_id": ""}, "session_id: String should have at least 1 character"),
    ],
)
def test_bad_sessions_stand_apart_without_their_token(
    world: StoreWorld, change: dict[str, Any], reason: str
) -> None:
    secret = {"token_uid": "SECRET-UID", "note": "+16265550100"}
    seen = world.ingest([session_record(1, **(change | secret)), session_record(2), "no record"])
    assert (seen.started, seen.quarantined) == (("S2",), 2)
    assert reason in reasons(world)
    everything = str(world.rows("select * from quarantine"))
    assert "SECRET" not in everything
    assert "+1626" not in everything


@pytest.mark.invariant("I-23")
def test_energy_that_falls_is_stored_and_marked(world: StoreWorld) -> None:
    world.ingest(meter=[reading(1, 0, energy_kwh=1.0), reading(1, 1, energy_kwh=0.5)])
    world.ingest(meter=[reading(1, 2, energy_kwh=0.9), reading(1, 3, energy_kwh=1.1)])
    assert stored(world) == 4
    marks = world.rows("select kind, session_id, noticed_at from data_quality order by noticed_at")
    assert [mark["noticed_at"] for mark in marks] == [minute(1), minute(2)]
    assert {(mark["kind"], mark["session_id"]) for mark in marks} == {("energy_backwards", "S1")}


def test_a_late_reading_marks_those_after_it(world: StoreWorld) -> None:
    world.ingest(meter=[reading(1, 0, energy_kwh=1.0), reading(1, 2, energy_kwh=1.2)])
    world.ingest(meter=[reading(1, 1, energy_kwh=1.5)])
    assert [row["noticed_at"] for row in world.rows("select * from data_quality")] == [minute(2)]


@pytest.mark.invariant("I-23")
def test_summaries_grow_page_by_page(world: StoreWorld) -> None:
    for start in (0, 5, 10, 15):
        world.ingest(
            meter=[reading(1, start + n, 2.0 + n % 2, (start + n) / 10) for n in range(5)], at=minute(20)
        )
    slots = world.rows("select readings, power_sum_kw from meter_slot order by slot_at")
    assert slots == [{"readings": 15, "power_sum_kw": 36.0}, {"readings": 5, "power_sum_kw": 12.0}]
    (last,) = world.rows("select last_at, last_power_kw, last_energy_kwh, max_energy_kwh from session_meter")
    assert list(last.values()) == [minute(19), 2.0, 1.9, 1.9]


def summary(world: StoreWorld, number: int) -> list[dict[str, Any]]:
    return world.rows(
        f"select last_at, last_energy_kwh, max_energy_kwh from session_meter where session_id = 'S{number}'"
    )


def test_a_reading_that_changes_hands_is_in_the_new_holders_summary(world: StoreWorld) -> None:
    world.ingest(meter=[reading(3, 0, evse_id="E2", energy_kwh=0.1)])
    world.ingest(meter=[reading(1, 1, energy_kwh=0.2)])
    world.ingest(meter=[reading(3, 1, evse_id="E1", energy_kwh=0.5)])
    assert summary(world, 1) == []
    assert summary(world, 3) == [{"last_at": minute(1), "last_energy_kwh": 0.5, "max_energy_kwh": 0.5}]


def test_two_evses_at_one_instant_have_an_order(world: StoreWorld) -> None:
    """By their ids: whichever came first."""
    world.ingest(meter=[reading(1, 1, evse_id="E2", energy_kwh=1.0)])
    world.ingest(meter=[reading(1, 1, evse_id="E1", energy_kwh=0.5)])
    assert summary(world, 1) == [{"last_at": minute(1), "last_energy_kwh": 1.0, "max_energy_kwh": 1.0}]
    assert world.rows("select * from data_quality") == []


def test_two_values_for_one_instant(world: StoreWorld) -> None:
    world.ingest(meter=[reading(1, 1, 3.0, 1.0)])
    world.ingest(meter=[reading(1, 1, 4.0, 2.0)])
    world.ingest(meter=[reading(1, 1, 5.0, 0.5)])
    (row,) = world.rows("select power_kw, energy_kwh from meter_value")
    assert row == {"power_kw": 4.0, "energy_kwh": 2.0}
    assert [row["kind"] for row in world.rows("select kind from data_quality")] == ["conflicting_values"]


instants = st.integers(0, 20)
readings = st.builds(
    lambda number, evse, at, power_kw, energy_kwh: reading(
        number, at, power_kw, energy_kwh, evse_id=f"E{evse}"
    ),
    st.integers(1, 3),
    st.integers(1, 2),
    instants,
    st.sampled_from([0.0, 2.0, 3.5, -1.0]),
    st.sampled_from([0.0, 0.4, 0.8, 1.2]),
)
"""Cars that change the EVSE, and EVSEs that name two sessions for an instant, are among them."""
records = st.builds(
    lambda number, evse, status, started, updated, energy, live: session_record(
        number,
        evse_id=f"E{evse}",
        status=status,
        started_at=minute(started).isoformat(),
        last_updated=minute(updated).isoformat(),
        energy_kwh=energy,
        live=live,
    ),
    st.integers(1, 3),
    st.integers(1, 2),
    st.sampled_from(["ACTIVE", "COMPLETED", "INVALID"]),
    st.sampled_from([0, 5, 9]),
    st.sampled_from([9, 12, 20]),
    st.sampled_from([0.0, 1.0]),
    st.booleans(),
)


@pytest.mark.invariant("I-24")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(readings, max_size=12),
    sessions=st.lists(records, max_size=6),
    cuts=st.lists(st.integers(0, 12), max_size=3),
    seed=st.randoms(use_true_random=False),
)
def test_any_shuffling_repeating_and_splitting_gives_the_same_tables(
    shared_world: StoreWorld,
    rows: list[list[Any]],
    sessions: list[dict[str, Any]],
    cuts: list[int],
    seed: random.Random,
) -> None:
    """I-24."""
    world = shared_world.empty([*TABLES, "planning_event", "evse_fact", "evse", "site_fact", "site"])
    world.do(api.PutSite(site=site(), at=START))
    as_of = minute(60)
    world.do(api.IngestPage(body=page(9, sessions, rows, as_of), received_at=as_of))
    whole = tables(world)

    world.empty(TABLES)
    for body in _pieces(sessions, rows, cuts, seed, as_of):
        world.do(api.IngestPage(body=body, received_at=as_of))
    assert tables(world) == whole


def _pieces(
    sessions: list[dict[str, Any]],
    rows: list[list[Any]],
    cuts: list[int],
    seed: random.Random,
    as_of: datetime,
) -> list[bytes]:
    """The same rows on several pages, in another order, some of them twice."""
    sessions, rows = list(sessions), list(rows)
    seed.shuffle(sessions)
    seed.shuffle(rows)
    edges = [0, *sorted(cuts), 12]
    pages = [
        page(9, sessions[start // 2 : end // 2], rows[start:end], as_of)
        for start, end in itertools.pairwise(edges)
    ]
    pages.append(page(3, sessions[:2], rows[:5], as_of))
    seed.shuffle(pages)
    return pages
