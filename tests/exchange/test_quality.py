"""What the inspector makes of deliveries of several pages."""

from datetime import UTC, datetime, timedelta

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
