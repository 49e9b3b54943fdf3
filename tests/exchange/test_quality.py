"""What the inspector makes of deliveries of several pages, and of sessions that do not fit together."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from readyby.exchange.adapter import Batch
from readyby.exchange.quality import Inspector

NOW = datetime(2019, 7, 24, 15, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=2)


def page(*names: str, began_at: datetime, more: bool) -> Batch:
    sessions = tuple(
        {
            "session_id": name,
            "site_id": "site",
            "evse_id": f"E-{name}",
            "status": "ACTIVE",
            "started_at": began_at.isoformat(),
            "energy_kwh": 0.0,
            "last_updated": NOW.isoformat(),
        }
        for name in names
    )
    return Batch(cursor="c", as_of=NOW, sessions=sessions, more=more)


def test_what_comes_in_pages_is_one_first_reading():
    inspector = Inspector()
    first = inspector.inspect(page("a", began_at=LONG_AGO, more=True), {}, NOW, None)
    second = inspector.inspect(page("b", began_at=LONG_AGO, more=False), {}, NOW, NOW)
    assert [record.live for record in (*first.records, *second.records)] == [True, True]
    assert not second.remarks
    later = inspector.inspect(page("c", began_at=LONG_AGO, more=False), {}, NOW, NOW)
    assert [record.live for record in later.records] == [False]
    assert [remark.kind for remark in later.remarks] == ["late_start"]


def test_a_start_during_an_outage_is_no_history_on_whichever_page_it_comes():
    inspector = Inspector()
    inspector.inspect(page("a", began_at=LONG_AGO, more=False), {}, LONG_AGO, None)
    outage_from = NOW - timedelta(hours=1, minutes=30)
    began_at = NOW - timedelta(hours=1)
    inspector.inspect(page("b", began_at=began_at, more=True), {}, NOW, outage_from)
    last = inspector.inspect(page("c", began_at=began_at, more=False), {}, NOW, NOW)
    assert [record.live for record in last.records] == [True]


def told(
    name: str, began_min: float, ended_min: float | None = None, token: str | None = "T"
) -> dict[str, Any]:
    """A session at E, in minutes from now on."""
    ended = None if ended_min is None else (NOW + timedelta(minutes=ended_min)).isoformat()
    return {
        "session_id": name,
        "site_id": "site",
        "evse_id": "E",
        "token_uid": token,
        "status": "ACTIVE" if ended is None else "COMPLETED",
        "started_at": (NOW + timedelta(minutes=began_min)).isoformat(),
        "ended_at": ended,
        "energy_kwh": 0.0,
        "last_updated": ended or (NOW + timedelta(minutes=began_min)).isoformat(),
    }


def remarked(*sessions: dict[str, Any]) -> list[str]:
    """What is remarked of sessions that are told one after the other to somebody who listens already."""
    inspector = Inspector()
    inspector.inspect(Batch(cursor="c", as_of=NOW), {}, NOW, None)
    found = []
    for minute, each in enumerate(sessions):
        now = NOW + timedelta(minutes=minute)
        batch = Batch(cursor="c", as_of=now, sessions=(each,))
        found += [remark.kind for remark in inspector.inspect(batch, {}, now, now).remarks]
    return found


@pytest.mark.parametrize(
    ("gap_min", "token", "kinds"),
    [(0, "t", ["split_session"]), (2, "T", ["split_session"]), (3, "T", []), (1, "U", []), (1, None, [])],
)
def test_the_same_card_that_goes_on_at_once_is_a_split_session(gap_min, token, kinds):
    first = told("a", 0, 10)
    assert remarked(told("a", 0), first, told("b", 10 + gap_min, token=token)) == kinds


def test_two_sessions_at_once_at_an_evse_are_remarked_and_the_later_one_stands():
    assert remarked(told("b", 5), told("a", 0)) == ["overlapping_session"]
    assert remarked(told("a", 0), told("b", 5, token="u")) == ["unended_session"]


@pytest.mark.parametrize(("token", "kind"), [("t", "renamed"), ("T", "renamed"), (None, "unended")])
def test_a_session_whose_name_changes_during_a_stay_is_a_renamed_one(token, kind):
    assert remarked(told("a", 0), told("b", 0, token=token)) == [f"{kind}_session"]
