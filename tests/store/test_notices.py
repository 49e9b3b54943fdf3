"""What the exchange noticed is taken once, and seen in the view `data_quality`."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readyby.errors import BadInput
from readyby.store import api
from tests.support.store_world import START, StoreWorld, minute


def notice(seq: int, kind: str = "silent_evse", **more: Any) -> dict[str, Any]:
    return {
        "seq": seq,
        "kind": kind,
        "evse_id": "E1",
        "session_id": None,
        "action": "counted",
        "alarm": True,
        "at": minute(seq).isoformat(),
        "detail": "nothing to believe",
        **more,
    }


def hear(world: StoreWorld, *notices: dict[str, Any], cursor: int | None = None) -> api.NoticesRecorded:
    last = max((each["seq"] for each in notices), default=0) if cursor is None else cursor
    body = json.dumps({"next": last, "notices": notices}).encode()
    recorded: api.NoticesRecorded = world.do(api.RecordNotices(body=body, received_at=START))
    return recorded


def test_a_notice_is_seen_with_what_was_done_about_it(world: StoreWorld) -> None:
    assert hear(world, notice(1), notice(2, "clock_skew", action="quarantined", alarm=False)).notices == 2
    rows = world.rows("select kind, evse_id, noticed_at, action, alarm from data_quality order by noticed_at")
    assert [tuple(row.values()) for row in rows] == [
        ("silent_evse", "E1", minute(1), "counted", True),
        ("clock_skew", "E1", minute(2), "quarantined", False),
    ]
    assert world.ask(api.NoticeCursor()) == 2


def test_a_bad_notice_stands_apart_and_a_bad_page_is_refused(world: StoreWorld) -> None:
    taken = hear(world, notice(1), notice(2, alarm="perhaps"), notice(3))
    assert (taken.notices, taken.cursor) == (2, 3)
    kinds = {row["kind"]: row["action"] for row in world.rows("select kind, action from data_quality")}
    assert kinds == {"silent_evse": "counted", "quarantined_notice": "quarantined"}
    with pytest.raises(BadInput):
        world.do(api.RecordNotices(body=b"[]", received_at=START))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pages=st.lists(st.lists(st.integers(1, 30), max_size=6), max_size=6))
def test_pages_may_come_twice_and_in_any_order(bare_world: StoreWorld, pages: list[list[int]]) -> None:
    world = bare_world.empty()
    for page in pages:
        hear(world, *map(notice, page))
    seen = [
        row["noticed_at"] for row in world.rows("select noticed_at from data_quality order by noticed_at")
    ]
    told = sorted({seq for page in pages for seq in page})
    assert seen == [minute(seq) for seq in told]
    assert world.ask(api.NoticeCursor()) == max(told, default=0)
