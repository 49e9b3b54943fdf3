from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from readyby.contract import FeedPage, PlanEntry, PlanEnvelope, PlanStep, ReceiptPage
from readyby.errors import Misconfigured
from readyby.exchange import ledger as ledger_module
from readyby.exchange.adapter import Capabilities, EvseFacts, Remark
from readyby.exchange.commands import Moment
from readyby.exchange.executor import SiteExecutor
from readyby.exchange.ledger import COLUMNS, Ledger

NOW = datetime(2019, 7, 24, 15, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "exchange.sqlite")


def rows(count: int, start: int = 0) -> dict[str, list[object]]:
    numbers = range(start, start + count)
    return {name: [f"{name}{n}" for n in numbers] for name in COLUMNS}


def append(ledger: Ledger, sessions: int, meter: int, *, minute: int = 0) -> None:
    with ledger.transaction():
        ledger.append_feed(
            [{"session_id": f"S{minute}.{n}"} for n in range(sessions)],
            rows(meter),
            cursor=f"c{minute}",
            as_of=NOW + timedelta(minutes=minute),
        )


def page(ledger: Ledger, after: int, limit: int = 1000) -> FeedPage:
    return FeedPage.model_validate_json(ledger.feed_page(after, limit))


def test_every_record_is_told_once_and_the_cursor_counts_them(ledger):
    append(ledger, 2, 3)
    append(ledger, 0, 4, minute=1)
    first = page(ledger, 0)
    assert (first.next, len(first.sessions), len(first.meter_values.power_kw)) == (9, 2, 7)
    assert first.as_of == NOW + timedelta(minutes=1)
    again = page(ledger, first.next)
    assert (again.next, again.sessions, again.meter_values.power_kw) == (9, [], [])


def test_a_short_page_is_only_as_fresh_as_what_it_holds(ledger):
    for minute in range(3):
        append(ledger, 1, 1, minute=minute)
    short = page(ledger, 0, limit=2)
    assert (short.next, short.as_of) == (2, NOW)
    assert page(ledger, 4).as_of == NOW + timedelta(minutes=2)


def test_a_delivery_larger_than_a_block_is_told_in_parts(ledger, monkeypatch):
    monkeypatch.setattr(ledger_module, "BLOCK_RECORDS", 10)
    append(ledger, 2, 35)
    taken, after = [], 0
    while (part := page(ledger, after, limit=10)).next > after:
        taken += part.meter_values.power_kw
        after = part.next
    assert taken == rows(35)["power_kw"]
    assert after == 37


def test_an_empty_delivery_moves_only_the_freshness(ledger):
    append(ledger, 0, 0, minute=9)
    empty = page(ledger, 0)
    assert (empty.next, empty.as_of) == (0, NOW + timedelta(minutes=9))
    assert ledger.cursor == "c9"


def test_what_was_acknowledged_long_ago_is_forgotten_and_the_recent_stays(ledger, monkeypatch):
    monkeypatch.setattr(ledger_module, "KEPT_RECORDS", 5)
    for minute in range(10):
        append(ledger, 1, 1, minute=minute)
    ledger.trim(feed_after=20)
    assert len(page(ledger, 0).sessions) == 3
    ledger.trim(feed_after=0)
    assert len(page(ledger, 0).sessions) == 3


def test_a_broken_transaction_leaves_nothing(ledger):
    def fail() -> None:
        with ledger.transaction():
            ledger.append_feed([{"session_id": "S"}], rows(1), cursor="c", as_of=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (ledger.feed_head, ledger.cursor) == (0, None)


def test_a_file_that_is_no_ledger_is_named(tmp_path):
    path = tmp_path / "exchange.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(Misconfigured, match=r"exchange\.sqlite"):
        Ledger(path)


def planned() -> tuple[SiteExecutor, PlanEnvelope]:
    executor = SiteExecutor("garage", Capabilities(), ())
    executor.learn_evses(
        EvseFacts(evse_id=f"E{n}", site_id="garage", max_kw=6.656, min_kw=1.248, standing_cap_kw=1.248)
        for n in range(3)
    )
    plan = PlanEnvelope(
        plan_version=3,
        site_id="garage",
        issued_at=NOW,
        limit_kw=20,
        entries=[
            PlanEntry(
                session_id="S0",
                evse_id="E0",
                controlled=True,
                steps=[PlanStep(start_at=NOW, limit_kw=3.12)],
                expires_at=NOW + timedelta(hours=1),
            )
        ],
    )
    return executor, plan


def test_receipts_and_progress_share_one_growing_cursor(ledger):
    executor, plan = planned()
    executor.take_plan(plan, Moment(at=NOW, machine_ms=5))
    with ledger.transaction():
        ledger.put_plan(plan, "digest", 1)
        ledger.record("garage", executor.collect())
    told = ReceiptPage.model_validate_json(ledger.receipts_page(0, 100))
    assert [receipt.seq for receipt in told.receipts] == [1]
    assert told.receipts[0].state.value == "expired"
    assert [progress.plan_version for progress in told.plans] == [3]
    assert told.next == 2
    rest = ReceiptPage.model_validate_json(ledger.receipts_page(told.next, 100))
    assert (rest.next, rest.receipts, rest.plans) == (2, [], [])


def test_a_page_of_receipts_that_is_full_goes_on_where_it_ended(ledger):
    executor, plan = planned()
    with ledger.transaction():
        for version in range(3, 8):
            plan = plan.model_copy(update={"plan_version": version})
            executor.take_plan(plan, Moment(at=NOW, machine_ms=version))
            ledger.put_plan(plan, "digest", 1)
            ledger.record("garage", executor.collect())
    seen, plans, after = [], [], 0
    while (part := ReceiptPage.model_validate_json(ledger.receipts_page(after, 2))).next > after:
        seen += [receipt.plan_version for receipt in part.receipts]
        plans += [progress.plan_version for progress in part.plans]
        after = part.next
    assert seen == [3, 4, 5, 6, 7]
    assert plans == [3, 4, 5, 6, 7]


def test_all_is_there_when_the_file_is_opened_again(tmp_path):
    path = tmp_path / "exchange.sqlite"
    ledger = Ledger(path)
    executor, plan = planned()
    executor.take_plan(plan, Moment(at=NOW, machine_ms=5))
    effects = executor.collect()
    with ledger.transaction():
        ledger.put_plan(plan, "digest", 1)
        ledger.record("garage", effects)
    append(ledger, 1, 1)
    ledger.close()
    again = Ledger(path)
    stored = again.newest_version("garage")
    assert (stored.plan_version, stored.digest, stored.commands, stored.plan.limit_kw) == (3, "digest", 1, 20)
    assert [control for _, control in again.controls()] == list(executor.controls.values())
    assert (again.cursor, again.feed_head, again.as_of) == ("c0", 2, NOW)
    assert orjson.loads(again.receipts_page(0, 10))["next"] == 2


def filled(path: Path, *, begin: int = 0) -> Ledger:
    """A ledger with two sessions, two readings, a receipt with its progress, and a notice."""
    ledger = Ledger(path, begin=begin)
    executor, plan = planned()
    executor.take_plan(plan, Moment(at=NOW, machine_ms=5))
    append(ledger, 2, 2)
    with ledger.transaction():
        ledger.put_plan(plan, "digest", 1)
        ledger.record("garage", executor.collect())
        ledger.note([Remark(kind="silent_evse", evse_id="E0")], NOW)
    return ledger


def told_after(ledger: Ledger, feed: int, receipts: int, notices: int) -> tuple[int, int, int, int]:
    """How many sessions, receipts, progresses and notices a reader is told that has read so far."""
    ledger.follow_feed(feed)
    ledger.follow_receipts(receipts)
    ledger.follow_notices(notices)
    answer = ReceiptPage.model_validate_json(ledger.receipts_page(receipts, 100))
    assert all(each.seq > receipts for each in answer.receipts)
    noticed = orjson.loads(ledger.notices_page(notices, 100))["notices"]
    return len(page(ledger, feed).sessions), len(answer.receipts), len(answer.plans), len(noticed)


def heads(ledger: Ledger) -> tuple[int, int, int]:
    return ledger.feed_head, ledger.receipt_head, ledger.notice_head


def test_an_empty_ledger_goes_on_behind_all_that_a_former_one_told(tmp_path):
    lost, new = filled(tmp_path / "lost", begin=1_000_000), filled(tmp_path / "new", begin=2_000_000)
    assert told_after(new, *heads(lost)) == (2, 1, 1, 1)
    assert told_after(new, *heads(new)) == (0, 0, 0, 0)


@pytest.mark.parametrize("ahead", [1, 3, 5_000])
def test_a_reader_that_is_ahead_is_told_all_again_once(tmp_path, ahead):
    restored = filled(tmp_path / "restored", begin=100)
    cursors = tuple(head + ahead for head in heads(restored))
    assert told_after(restored, *cursors) == (2, 1, 1, 1)
    restored.close()
    again = Ledger(tmp_path / "restored", begin=9_000)
    after = heads(again)
    assert told_after(again, *after) == (0, 0, 0, 0)
    assert heads(again) == after
    append(again, 1, 0, minute=1)
    assert (page(again, after[0]).next, len(page(again, after[0]).sessions)) == (after[0] + 1, 1)


def test_a_reader_ahead_of_nothing_is_heard_as_soon_as_there_is_something(ledger):
    assert told_after(ledger, 50, 60, 70) == (0, 0, 0, 0)
    append(ledger, 1, 0)
    with ledger.transaction():
        ledger.note([Remark(kind="silent_evse")], NOW)
    assert (page(ledger, 50).next, orjson.loads(ledger.notices_page(70, 10))["next"]) == (51, 71)
