"""What became of commands: forward only; setpoints in force, disobedience, timings (I-3, I-21)."""

import itertools
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readyby.errors import BadInput
from readyby.interval import EPOCH
from readyby.model import CommandState
from readyby.store import api
from readyby.store.commands.receipts import next_state
from readyby.store.ingest.summary import _learn
from tests.support.store_world import SITE, START, StoreWorld, entry, minute, receipt, session_record

states = st.sampled_from(list(CommandState))


@pytest.mark.invariant("I-21")
@given(st.lists(states, min_size=1, max_size=12))
def test_states_never_go_back(seen: list[CommandState]) -> None:
    walked: list[CommandState] = []
    for state in seen:
        walked.append(next_state(walked[-1] if walked else None, state))
    for before, after in itertools.pairwise(walked):
        if before.is_final and after is not before:
            assert (before, after) == (CommandState.VERIFIED, CommandState.NOT_FOLLOWED)
    assert next_state(walked[-1], walked[-1]) is walked[-1]


def test_not_followed_may_follow_verified() -> None:
    assert next_state(CommandState.VERIFIED, CommandState.NOT_FOLLOWED) is CommandState.NOT_FOLLOWED
    assert next_state(CommandState.NOT_FOLLOWED, CommandState.VERIFIED) is CommandState.NOT_FOLLOWED
    assert next_state(CommandState.ACCEPTED, CommandState.UNKNOWN) is CommandState.ACCEPTED
    assert next_state(CommandState.VERIFIED, CommandState.SUPERSEDED) is CommandState.VERIFIED


@pytest.fixture
def planned(world: StoreWorld) -> StoreWorld:
    """S1 and S2 plugged in, plan 1 made."""
    world.ingest([session_record(1), session_record(2)])
    world.claim("c")
    world.plan("c", (entry(1, (0, 3.0), (60, 1.5)), entry(2)))
    return world


def states_of(world: StoreWorld) -> dict[str, str]:
    return {row["command_id"]: row["state"] for row in world.rows("select * from commands")}


def events(world: StoreWorld, claim: str) -> tuple[str, ...]:
    return world.claim(claim).events


def test_receipts_are_taken_once(planned: StoreWorld) -> None:
    taken = planned.receive(receipt(1, "a", "sent"), receipt(2, "a", "accepted"))
    assert (taken.receipts, taken.cursor) == (2, 2)
    again = planned.receive(receipt(1, "a", "sent"), receipt(2, "a", "accepted"), receipt(3, "b", "sent"))
    assert (again.receipts, again.cursor) == (1, 3)
    assert planned.receive(receipt(1, "a", "sent")).cursor == 3
    assert planned.ask(api.ReceiptCursor()) == 3
    assert states_of(planned) == {"a": "accepted", "b": "sent"}
    assert planned.ask(api.ReadCounts()).commands == {"accepted": 1, "sent": 1}
    stamps = planned.rows("select state, machine_ms from command_receipt where command_id = 'a' order by seq")
    assert stamps == [{"state": "sent", "machine_ms": 1001}, {"state": "accepted", "machine_ms": 1002}]


def test_a_bad_receipt_stands_apart(planned: StoreWorld) -> None:
    taken = planned.receive(receipt(1, "a", "sent"), receipt(2, "b", "exploded"), receipt(3, "c", "sent"))
    assert (taken.receipts, taken.cursor) == (2, 3)
    assert planned.rows("select kind from quarantine") == [{"kind": "receipt"}]
    with pytest.raises(BadInput):
        planned.do(api.RecordReceipts(body=b"{}", received_at=START, received_machine_ms=1))


def view(world: StoreWorld, minutes: float = 1) -> api.SessionView:
    return world.ask(api.ReadSituation(site_id=SITE, now=minute(minutes))).sessions[0]


def test_the_setpoint_in_force_follows_the_accepted_sequence(planned: StoreWorld) -> None:
    planned.receive(receipt(1, "a", "sent"))
    assert view(planned).setpoint_kw is None
    planned.receive(receipt(2, "a", "accepted"))
    assert view(planned).setpoint_kw == 3.0
    assert view(planned, 59.9).setpoint_kw == 3.0
    assert view(planned, 60).setpoint_kw == 1.5
    assert view(planned, 300).setpoint_kw is None


def test_a_newer_plan_takes_over_when_accepted(planned: StoreWorld) -> None:
    planned.receive(receipt(1, "a", "accepted"))
    planned.plan("d", (entry(1, (5, 6.0)),))
    assert view(planned, 6).setpoint_kw == 3.0
    newer = receipt(2, "b", "accepted", plan_version=2, limit_kw=6.0, at=minute(5).isoformat())
    planned.receive(newer)
    assert view(planned, 6).setpoint_kw == 6.0
    planned.receive(receipt(3, "a", "verified", at=minute(5).isoformat()))
    assert view(planned, 6).setpoint_kw == 6.0


def test_where_only_the_falls_were_sent_the_rises_are_not_in_force_yet(planned: StoreWorld) -> None:
    planned.receive(receipt(1, "a", "accepted"))
    planned.plan("d", (entry(1, (5, 6.0), (20, 1.5)),))
    falls = receipt(2, "b.1", "accepted", plan_version=2, limit_kw=3.0, at=minute(5).isoformat())
    planned.receive(falls)
    assert view(planned, 6).setpoint_kw == 3.0
    assert view(planned, 21).setpoint_kw == 1.5
    rest = {"plan_version": 2, "wave": 2, "limit_kw": 6.0, "at": minute(8).isoformat()}
    planned.receive(receipt(3, "b.2", "accepted", **rest))
    assert view(planned, 9).setpoint_kw == 6.0
    assert view(planned, 21).setpoint_kw == 1.5


def test_a_command_that_no_entry_explains_holds_its_own_limit(planned: StoreWorld) -> None:
    planned.receive(receipt(1, "a", "accepted", plan_version=7, session_id=None, limit_kw=2.0))
    assert view(planned).setpoint_kw == 2.0


def test_a_setpoint_belongs_to_its_session(planned: StoreWorld) -> None:
    planned.receive(receipt(1, "a", "accepted"))
    late = session_record(3, evse_id="E1", started_at=minute(9).isoformat())
    planned.ingest([late], at=minute(9))
    (s2, s3) = planned.ask(api.ReadSituation(site_id=SITE, now=minute(10))).sessions
    assert (s2.session_id, s3.session_id, s3.setpoint_kw) == ("S2", "S3", None)


@pytest.mark.invariant("I-3")
def test_disobedience_calls_for_a_plan_once(planned: StoreWorld) -> None:
    planned.receive(receipt(1, "a", "accepted"), receipt(2, "a", "verified"))
    taken = planned.receive(receipt(3, "a", "not_followed"), receipt(4, "b", "not_followed"))
    assert taken.not_following == ("E1",)
    assert states_of(planned)["a"] == "not_followed"
    situation = planned.ask(api.ReadSituation(site_id=SITE, now=minute(1)))
    assert situation.not_following == ("E1",)
    assert [one.following for one in situation.sessions] == [False, True]
    assert events(planned, "c2") == ("evse_not_following: E1",)
    assert planned.receive(receipt(5, "b", "verified", plan_version=2)).not_following == ()
    assert events(planned, "c3") == ("evse_following_again: E1",)
    assert planned.ask(api.ReadSituation(site_id=SITE, now=minute(1))).not_following == ()


def test_an_evse_that_refuses_everything_does_not_loop(planned: StoreWorld) -> None:
    """Each plan is refused anew: only the first refusal calls for another."""
    planned.receive(receipt(1, "a", "rejected", reason="too low"))
    assert events(planned, "c2") == ("command_rejected: E1",)
    planned.receive(receipt(2, "b", "rejected"))
    assert events(planned, "c3") == ()
    planned.receive(receipt(3, "c", "accepted"), receipt(4, "d", "failed"))
    assert events(planned, "c4") == ("command_failed: E1",)


def progress(version: int, first: int | None, complete: int | None) -> dict[str, Any]:
    return {
        "plan_version": version,
        "site_id": SITE,
        "taken_machine_ms": 900,
        "first_wave_accepted_machine_ms": first,
        "complete_machine_ms": complete,
    }


def timings(world: StoreWorld) -> list[tuple[Any, ...]]:
    return [
        (
            one.request_id,
            one.stored_machine_ms,
            one.plan_version,
            one.first_wave_accepted_machine_ms,
            one.complete_machine_ms,
        )
        for one in world.ask(api.RequestTimings())
    ]


def test_timings_belong_to_the_first_plan_that_answers(world: StoreWorld) -> None:
    ref = world.welcome()
    world.submit(ref, "r1", received_machine_ms=500)
    assert timings(world) == [("r1", 500, None, None, None)]
    world.claim("c1")
    world.plan("c1")
    world.submit(ref, "r2", energy_need_kwh=2.0, received_machine_ms=600)
    world.claim("c2")
    world.plan("c2")
    assert timings(world) == [("r1", 500, 1, None, None), ("r2", 600, 2, None, None)]
    world.receive(plans=[progress(1, 1000, None)])
    world.receive(plans=[progress(1, 1100, 1200), progress(2, 1300, None)])
    assert timings(world) == [("r1", 500, 1, 1000, 1200), ("r2", 600, 2, 1300, None)]


def test_a_plan_overtaken_before_it_was_accepted_is_answered_by_the_next(world: StoreWorld) -> None:
    ref = world.welcome()
    world.plan("c0")
    world.submit(ref, "r1", received_machine_ms=500)
    world.claim("c1")
    world.plan("c1")
    world.plan("c2")
    world.receive(plans=[progress(1, 400, 450), progress(2, None, None), progress(3, 1500, 1600)])
    assert timings(world) == [("r1", 500, 2, 1500, 1600)]


def test_a_second_plan_under_a_claim_does_not_take_the_request_over(world: StoreWorld) -> None:
    world.submit(world.welcome(), "r1", received_machine_ms=500)
    world.claim("c1")
    assert (world.plan("c1"), world.plan("c1")) == (1, 2)
    assert timings(world) == [("r1", 500, 1, None, None)]


def test_what_a_car_can_draw_is_learned_while_it_could_more(planned: StoreWorld) -> None:
    planned.receive(receipt(1, "a", "accepted"))

    def read(*rows: tuple[float, float]) -> float | None:
        meter = [("S1", "E1", minute(at), kw, at / 10) for at, kw in rows]
        planned.ingest(meter=meter, at=minute(60))
        return view(planned).learned_max_kw

    assert read((1, 2.9), (2, 2.9)) is None  # held down by the setpoint
    assert read((3, 2.0)) is None  # one reading proves nothing
    assert read((4, 2.8)) is None  # and this one could not have been more
    assert read((5, 2.2), (6, 2.4)) == 2.4
    assert read((7, 0.0), (8, 0.0)) == 2.4
    assert read((9, 2.95)) == 2.95


def test_a_setpoint_whose_receipt_is_still_on_its_way_is_not_taken_for_the_car(planned: StoreWorld) -> None:
    planned.receive(receipt(1, "a", "accepted"))
    planned.plan("lower", (entry(1, (10, 2.0), (60, 3.0)),), at=minute(9))
    meter = [("S1", "E1", minute(at), 1.9, at / 10) for at in (11, 12, 13)]
    planned.ingest(meter=meter, at=minute(60))
    assert view(planned).learned_max_kw is None
    planned.receive(receipt(2, "b", "accepted", plan_version=2, at=minute(10).isoformat()))
    planned.ingest(meter=[("S1", "E1", minute(at), 1.9, at / 10) for at in (61, 62)], at=minute(65))
    assert view(planned).learned_max_kw == 1.9


def test_a_car_that_waits_by_itself_teaches_nothing(planned: StoreWorld) -> None:
    planned.receive(receipt(1, "a", "accepted"))
    planned.ingest(meter=[("S1", "E1", minute(n), 0.0, 0.0) for n in range(1, 6)], at=minute(60))
    assert view(planned).learned_max_kw is None


def test_since_when_a_car_takes_less_than_it_may(world: StoreWorld) -> None:
    """A reading of the very minute in which a pause ends is the first that can tell."""
    world.ingest([session_record(1)])
    world.plan("c1", (entry(1, (0, 0.0), (10, 3.0), (60, 2.0)),))
    world.receive(receipt(1, "a", "accepted"))
    readings = ((9, 0.0), (10, 0.0), (11, 0.0), (12, 1.0), (13, 1.1), (14, 2.9), (15, 1.0), (16, 1.2))
    since = (None, 10, 10, 12, 12, None, 15, 15)
    for (at, kw), expected in zip(readings, since, strict=True):
        world.ingest(meter=[("S1", "E1", minute(at), kw, at / 10)], at=minute(60))
        assert view(world).free_since == (None if expected is None else minute(expected)), at


@given(
    split=st.lists(st.integers(1, 4), min_size=1, max_size=8),
    powers=st.lists(st.sampled_from([0.0, 0.2, 1.0, 1.2, 2.6, 2.9, 3.0]), min_size=32, max_size=32),
)
def test_how_readings_are_paged_does_not_matter(split: list[int], powers: list[float]) -> None:
    at = np.arange(32, dtype=np.int64) * 60_000_000
    steps = (np.array([0, 600_000_000]), np.array([600_000_000, 10**12]), np.array([0.0, 3.0]))
    kw = np.array(powers)

    def learn(pages: list[int]) -> list[object]:
        before: dict[str, object] | None = None
        for first, last in itertools.pairwise((0, *itertools.accumulate(pages))):
            if first >= last:
                continue
            free_since, learned = _learn(at[first:last], kw[first:last], before, [steps])
            instant = None if free_since is None else EPOCH + timedelta(microseconds=free_since)
            before = {"learned_max_kw": learned, "last_power_kw": float(kw[last - 1]), "free_since": instant}
        assert before is not None
        return list(before.values())

    pages = [*split, 32 - sum(split)] if sum(split) < 32 else [32]
    assert learn(pages) == learn([32]) == learn([1] * 32)


def test_a_reading_below_what_was_allowed_says_that_it_could_have_been_more(planned: StoreWorld) -> None:
    planned.receive(receipt(1, "a", "accepted"))

    def could(*rows: tuple[float, float]) -> bool:
        planned.ingest(meter=[("S1", "E1", minute(at), kw, at / 10) for at, kw in rows], at=minute(60))
        return view(planned).free_since is not None

    assert not could((1, 2.9))
    assert could((2, 0.0))
    assert not could((3, 2.95))
