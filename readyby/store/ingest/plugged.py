"""Session records into the store: what stands, who is plugged in, what started and ended (I-24, I-27)."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from readyby.model import SessionId, SessionStatus
from readyby.store.commands.planning import add_event
from readyby.store.ingest.quarantine import BadRecord
from readyby.store.ingest.records import Recorded, check_record, joined, recorded_of
from readyby.store.ingest.ties import note_merged
from readyby.store.work import INSTANT, Row, Work, batch_of

SESSION_TYPES = {
    "session_id": pa.string(),
    "site_id": pa.string(),
    "evse_id": pa.string(),
    "token_hash": pa.string(),
    "status": pa.string(),
    "started_at": INSTANT,
    "recorded_ended_at": INSTANT,
    "energy_kwh": pa.float64(),
    "last_updated": INSTANT,
    "live": pa.bool_(),
    "active": pa.bool_(),
    "ended_at": INSTANT,
    "first_seen_at": INSTANT,
    "match_result": pa.string(),
}
STANDING_TYPES = {"session_id": pa.string(), "active": pa.bool_(), "ended_at": INSTANT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugged:
    """What became of the session records of a page."""

    stored: int = 0
    duplicates: int = 0
    started: tuple[SessionId, ...] = ()
    ended: tuple[SessionId, ...] = ()
    bad: list[BadRecord]


def take_sessions(
    work: Work, records: list[Any], sites: Mapping[str, str], latest: datetime, received_at: datetime
) -> Plugged:
    """Join the records to what is known, then see who is plugged in where."""
    checked = [check_record(raw, sites, latest, work.secrecy) for raw in records]
    bad = [one for one in checked if isinstance(one, BadRecord)]
    sound = [one for one in checked if isinstance(one, Recorded)]
    if not sound:
        return Plugged(bad=bad)
    ids = _ids({record.session_id for record in sound})
    known = {row["session_id"]: row for row in work.rows_of("queries/sessions_of", ids)}
    standing, duplicates = _join(sound, known)
    changed = [
        _row(record, known.get(key), received_at)
        for key, record in standing.items()
        if key not in known or recorded_of(known[key]) != record
    ]
    _write(work, changed, known)
    before, after = _settle_evses(work, changed, known)
    note_merged(work, {row["evse_id"] for row in changed}, received_at)
    started, ended = _note_changes(work, before, after, received_at)
    return Plugged(stored=len(changed), duplicates=duplicates, started=started, ended=ended, bad=bad)


def _ids(session_ids: Iterable[str]) -> pa.Table:
    return pa.table({"session_id": pa.array(sorted(session_ids), pa.string())})


def _join(sound: list[Recorded], known: Mapping[str, Row]) -> tuple[dict[str, Recorded], int]:
    """What stands by session, and how many records changed nothing."""
    standing = {key: recorded_of(row) for key, row in known.items()}
    duplicates = 0
    for record in sound:
        before = standing.get(record.session_id)
        after = joined(before, record)
        duplicates += after == before
        standing[record.session_id] = after
    return standing, duplicates


def _row(record: Recorded, known: Row | None, received_at: datetime) -> Row:
    active = record.status is SessionStatus.ACTIVE
    match_result = known["match_result"] if known else None
    if known and active and match_result != "eligible":
        news = (known["token_hash"], known["live"]) != (record.token_hash, record.live)
        match_result = None if news else match_result
    return asdict(record) | {
        "status": record.status.value,
        "active": active,
        "ended_at": record.recorded_ended_at,
        "first_seen_at": known["first_seen_at"] if known else received_at,
        "match_result": match_result,
    }


def _write(work: Work, changed: list[Row], known: Mapping[str, Row]) -> None:
    for name, rows in (
        ("commands/insert_sessions", [row for row in changed if row["session_id"] not in known]),
        ("commands/replace_sessions", [row for row in changed if row["session_id"] in known]),
    ):
        if rows:
            work.fill(name, batch_of(rows, **SESSION_TYPES))


def _settle_evses(
    work: Work, changed: list[Row], known: Mapping[str, Row]
) -> tuple[dict[str, Row], dict[str, Row]]:
    """One EVSE, one active session: a later start ends what never stopped. Rows before and after."""
    before = {row["session_id"]: known[row["session_id"]] for row in changed if row["session_id"] in known}
    after = {row["session_id"]: row for row in changed}
    evses = {row["evse_id"] for row in changed} | {row["evse_id"] for row in before.values()}
    if not evses:
        return before, after
    batch = pa.table({"evse_id": pa.array(sorted(evses), pa.string())})
    corrected = []
    for row in work.rows_of("queries/unstopped_sessions", batch):
        settled = row | {"active": row["next_started_at"] is None, "ended_at": row["next_started_at"]}
        if row["session_id"] not in after:
            before[row["session_id"]] = row
        after[row["session_id"]] = settled
        if (settled["active"], settled["ended_at"]) != (row["active"], row["ended_at"]):
            corrected.append(settled)
    if corrected:
        work.fill("commands/set_standing", batch_of(corrected, **STANDING_TYPES))
    return before, after


def _note_changes(
    work: Work,
    before: Mapping[str, Row],
    after: Mapping[str, Row],
    at: datetime,
) -> tuple[tuple[SessionId, ...], tuple[SessionId, ...]]:
    """Planning events for live sessions that started or ended; what ended needs no plan any more."""
    started, ended = [], []
    for key in sorted(after):
        was, is_now = _plugged(before.get(key)), _plugged(after[key])
        if is_now and not was:
            started.append(SessionId(key))
            add_event(work, after[key]["site_id"], "session_started", key, at)
        elif was and not is_now:
            ended.append(SessionId(key))
            add_event(work, after[key]["site_id"], "session_ended", key, at)
        elif key not in before and after[key]["live"] and not after[key]["active"]:
            ended.append(SessionId(key))
    if ended:
        work.fill("commands/close_requests", _ids(ended), closed_at=at)
    return tuple(started), tuple(ended)


def _plugged(row: Row | None) -> bool:
    return bool(row and row["live"] and row["active"])
