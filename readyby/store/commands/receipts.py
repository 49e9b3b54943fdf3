"""What became of commands: states go forward only, and disobedience calls for a plan (I-3, I-21)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
import pyarrow as pa
from pydantic import ValidationError

from readyby.contract import PlanProgress, Receipt
from readyby.errors import BadInput
from readyby.model import CommandState, EvseId
from readyby.store import api
from readyby.store.commands.planning import add_event
from readyby.store.ingest.feeds import advance
from readyby.store.ingest.quarantine import BadRecord, first_fault, quarantine
from readyby.store.registry import command
from readyby.store.work import INSTANT, Row, Work, batch_of

FEED = "receipts"
ROUNDED_KW = 0.2
"""Adapters round a limit down to what an EVSE can be told: to 0.1 A (21 W at 208 V), or to whole amperes."""
Span = tuple[datetime, datetime, float]
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
ORDER = {
    CommandState.PLANNED: 0,
    CommandState.SENT: 1,
    CommandState.UNKNOWN: 2,
    CommandState.ACCEPTED: 3,
}
IN_FORCE = (CommandState.ACCEPTED, CommandState.VERIFIED)
TROUBLE = {CommandState.REJECTED: "command_rejected", CommandState.FAILED: "command_failed"}

COMMAND_TYPES = {
    "command_id": pa.string(),
    "site_id": pa.string(),
    "plan_version": pa.int64(),
    "evse_id": pa.string(),
    "session_id": pa.string(),
    "wave": pa.int32(),
    "state": pa.string(),
    "limit_kw": pa.float64(),
    "reason": pa.string(),
    "seq": pa.int64(),
    "changed_at": INSTANT,
    "changed_machine_ms": pa.int64(),
}
RECEIPT_TYPES = {
    "command_id": pa.string(),
    "seq": pa.int64(),
    "state": pa.string(),
    "limit_kw": pa.float64(),
    "reason": pa.string(),
    "happened_at": INSTANT,
    "machine_ms": pa.int64(),
}
EVSE_STATE_TYPES = {
    "evse_id": pa.string(),
    "following": pa.bool_(),
    "trouble": pa.string(),
    "changed_at": INSTANT,
}
PROGRESS_TYPES = {
    "site_id": pa.string(),
    "plan_version": pa.int64(),
    "taken_machine_ms": pa.int64(),
    "first_wave_accepted_machine_ms": pa.int64(),
    "complete_machine_ms": pa.int64(),
}
HELD_TYPES = {
    "evse_id": pa.string(),
    "session_id": pa.string(),
    "plan_version": pa.int64(),
    "start_at": INSTANT,
    "until_at": INSTANT,
    "limit_kw": pa.float64(),
}


def next_state(old: CommandState | None, new: CommandState) -> CommandState:
    """The state after a receipt: never back; a final one stays, but `not_followed` may follow `verified`."""
    if old is None:
        return new
    if old.is_final:
        falls = old is CommandState.VERIFIED and new is CommandState.NOT_FOLLOWED
        return new if falls else old
    if new.is_final:
        return new
    return new if ORDER[new] > ORDER[old] else old


@dataclass(slots=True)
class _Page:
    """What one page changes, gathered before it is written."""

    known: frozenset[str]
    commands: dict[str, Row]
    evses: dict[str, Row]
    events: list[tuple[str, str, str, datetime]] = field(default_factory=list)
    in_force: dict[str, Receipt] = field(default_factory=dict)
    not_following: list[EvseId] = field(default_factory=list)

    def take(self, receipt: Receipt) -> None:
        old = self.commands.get(receipt.command_id)
        before = CommandState(old["state"]) if old else None
        after = next_state(before, receipt.state)
        if after is not before:
            self.commands[receipt.command_id] = _command_row(receipt)
        if receipt.state in IN_FORCE:
            self._hold(receipt)
        self._judge(receipt)

    def _hold(self, receipt: Receipt) -> None:
        held = self.in_force.get(receipt.evse_id)
        if held is None or receipt.plan_version >= held.plan_version:
            self.in_force[receipt.evse_id] = receipt

    def _judge(self, receipt: Receipt) -> None:
        """Whether the EVSE follows; an event only where that changed, so that trouble cannot loop."""
        was = self.evses.get(receipt.evse_id) or {"following": True, "trouble": ""}
        following, trouble, kind = was["following"], was["trouble"], None
        if receipt.state is CommandState.NOT_FOLLOWED and following:
            following, kind = False, "evse_not_following"
            self.not_following.append(EvseId(receipt.evse_id))
        elif receipt.state is CommandState.VERIFIED:
            kind = None if following else "evse_following_again"
            following, trouble = True, ""
        elif receipt.state is CommandState.ACCEPTED:
            trouble = ""
        elif receipt.state in TROUBLE and trouble != receipt.state.value:
            trouble, kind = receipt.state.value, TROUBLE[receipt.state]
        if kind:
            self.events.append((receipt.site_id, kind, receipt.evse_id, receipt.at))
        if (following, trouble) != (was["following"], was["trouble"]):
            self.evses[receipt.evse_id] = {
                "evse_id": receipt.evse_id,
                "following": following,
                "trouble": trouble,
                "changed_at": receipt.at,
            }


@command(api.RecordReceipts)
def record_receipts(work: Work, given: api.RecordReceipts) -> api.ReceiptsRecorded:
    cursor, receipts, progress = _parse(work, given)
    known = {(row["command_id"], row["seq"]) for row in _look_up(work, "queries/receipts_of", receipts)}
    fresh = sorted(
        {(r.command_id, r.seq): r for r in receipts if (r.command_id, r.seq) not in known}.values(),
        key=lambda receipt: receipt.seq,
    )
    commands = {row["command_id"]: row for row in _look_up(work, "queries/commands_of", fresh)}
    page = _Page(
        known=frozenset(commands),
        commands=commands,
        evses={row["evse_id"]: row for row in work.rows("queries/evse_states")},
    )
    for receipt in fresh:
        page.take(receipt)
    _write(work, page, fresh)
    if progress:
        rows = [entry.model_dump() for entry in _newest(progress)]
        work.fill("commands/upsert_plan_progress", batch_of(rows, **PROGRESS_TYPES))
    position, _ = advance(work, FEED, cursor, None)
    return api.ReceiptsRecorded(
        cursor=position,
        receipts=len(fresh),
        not_following=tuple(dict.fromkeys(page.not_following)),
    )


def _parse(work: Work, given: api.RecordReceipts) -> tuple[int, list[Receipt], list[PlanProgress]]:
    try:
        page = orjson.loads(given.body)
        cursor, raw, plans = int(page["next"]), list(page["receipts"]), list(page["plans"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput("body", f"{len(given.body)} bytes", f"send a ReceiptPage as JSON ({error})") from None
    receipts, bad = [], []
    for record in raw:
        try:
            receipts.append(Receipt.model_validate(record))
        except ValidationError as error:
            bad.append(BadRecord(kind="receipt", reason=first_fault(error), record=record))
    quarantine(work, bad, given.received_at)
    return cursor, receipts, [PlanProgress.model_validate(plan) for plan in plans]


def _look_up(work: Work, name: str, receipts: list[Receipt]) -> list[Row]:
    if not receipts:
        return []
    ids = list({receipt.command_id for receipt in receipts})
    return work.rows_of(name, pa.table({"command_id": pa.array(ids, pa.string())}))


def _newest(progress: list[PlanProgress]) -> list[PlanProgress]:
    """One row a plan: the last of a page knows most."""
    return list({(entry.site_id, entry.plan_version): entry for entry in progress}.values())


def _command_row(receipt: Receipt) -> Row:
    row = receipt.model_dump(include=set(COMMAND_TYPES))
    return row | {
        "state": receipt.state.value,
        "changed_at": receipt.at,
        "changed_machine_ms": receipt.machine_ms,
    }


def _write(work: Work, page: _Page, fresh: list[Receipt]) -> None:
    if not fresh:
        return
    receipts = [
        receipt.model_dump(include=set(RECEIPT_TYPES))
        | {"state": receipt.state.value, "happened_at": receipt.at}
        for receipt in fresh
    ]
    work.fill("commands/insert_receipts", batch_of(receipts, **RECEIPT_TYPES))
    seqs = {receipt.seq for receipt in fresh}
    changed = [row for row in page.commands.values() if row["seq"] in seqs]
    for name, rows in (
        ("commands/insert_commands", [row for row in changed if row["command_id"] not in page.known]),
        ("commands/replace_commands", [row for row in changed if row["command_id"] in page.known]),
    ):
        if rows:
            work.fill(name, batch_of(rows, **COMMAND_TYPES))
    judged = {receipt.evse_id for receipt in fresh} & page.evses.keys()
    if judged:
        rows = [page.evses[evse_id] for evse_id in sorted(judged)]
        work.fill("commands/upsert_evse_states", batch_of(rows, **EVSE_STATE_TYPES))
    if page.in_force:
        _hold(work, list(page.in_force.values()))
    for site_id, kind, detail, at in page.events:
        add_event(work, site_id, kind, detail, at)


def _hold(work: Work, receipts: list[Receipt]) -> None:
    """Keep the sequence that each EVSE holds now, from the plan version that it came from."""
    keys = pa.table(
        {
            "site_id": [r.site_id for r in receipts],
            "plan_version": pa.array([r.plan_version for r in receipts], pa.int64()),
            "evse_id": [r.evse_id for r in receipts],
        }
    )
    held = {row["evse_id"]: row["plan_version"] for row in work.rows("queries/held_versions")}
    entries = {row["evse_id"]: row for row in work.rows_of("queries/entries_of", keys, **_versions(receipts))}
    newer = [r for r in receipts if (r.plan_version, r.wave) > (held.get(r.evse_id, 0), 1)]
    rows = [row for receipt in newer for row in _held_rows(receipt, entries.get(receipt.evse_id))]
    if rows:
        batch = batch_of(rows, **HELD_TYPES)
        with work.batch(batch):
            work.run("commands/delete_held_steps")
            work.run("commands/insert_held_steps")


def _versions(receipts: list[Receipt]) -> dict[str, int]:
    versions = [receipt.plan_version for receipt in receipts]
    return {"from_version": min(versions), "until_version": max(versions)}


def _as_far_as_sent(spans: list[Span], receipt: Receipt) -> list[Span]:
    """The plan's steps, held down where only its falls were sent: its rises wait for other EVSEs' falls."""
    planned_kw = next((limit for start, end, limit in spans if start <= receipt.at < end), receipt.limit_kw)
    if receipt.limit_kw >= planned_kw - ROUNDED_KW:
        return spans
    return [(start, end, min(limit, receipt.limit_kw)) for start, end, limit in spans]


def _held_rows(receipt: Receipt, entry: Row | None) -> list[Row]:
    if entry is None or entry["session_id"] != receipt.session_id:
        spans = [(receipt.at, FOREVER, receipt.limit_kw)]
    else:
        steps = [
            (datetime.fromisoformat(step["start_at"]), step["limit_kw"])
            for step in orjson.loads(entry["steps"])
        ]
        ends = [start for start, _ in steps[1:]] + [max(entry["expires_at"], steps[-1][0])]
        spans = [
            (max(start, receipt.at), end, limit) for (start, limit), end in zip(steps, ends, strict=True)
        ]
        spans[0] = (receipt.at, spans[0][1], spans[0][2])
        spans = _as_far_as_sent(spans, receipt)
    return [
        {
            "evse_id": receipt.evse_id,
            "session_id": receipt.session_id,
            "plan_version": receipt.plan_version,
            "start_at": start,
            "until_at": end,
            "limit_kw": limit,
        }
        for start, end, limit in spans
        if start < end
    ]
