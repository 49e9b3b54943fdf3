"""Meter values into the store: each once, in any order, with the summaries of live views (I-23, I-24)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from readyby.interval import EPOCH
from readyby.store.ingest.meter import judge, microseconds
from readyby.store.ingest.quarantine import BadRecord
from readyby.store.ingest.summary import MICROSECOND, HeldSteps, Steps, summarize
from readyby.store.work import INSTANT, Row, Work, batch_of

RECEIPTS_COME_WITHIN = timedelta(minutes=30)
"""Domain time: a command whose receipt is later than this is taken for one that never was in force."""
SESSION_METER_TYPES = {
    "session_id": pa.string(),
    "last_at": INSTANT,
    "last_power_kw": pa.float64(),
    "last_energy_kwh": pa.float64(),
    "max_energy_kwh": pa.float64(),
    "free_since": INSTANT,
    "learned_max_kw": pa.float64(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What became of the meter values of a page."""

    stored: int
    duplicates: int
    bad: list[BadRecord]


def take_readings(
    work: Work, columns: Mapping[str, Sequence[Any]], max_kw: Mapping[str, float], latest: datetime
) -> Readings:
    """Store the sound rows that are not known yet."""
    judged = judge(columns, max_kw, latest)
    rows = judged.rows
    if rows.num_rows == 0:
        return Readings(stored=0, duplicates=judged.repeated, bad=judged.bad)
    known, differing = _known(work, rows)
    fresh = rows.filter(pa.array(~known)) if known.any() else rows
    changed = rows.filter(pa.array(differing))
    late: set[str] = set()
    if fresh.num_rows:
        work.fill("commands/insert_meter_values", fresh)
        late = _summarize(work, fresh)
    if changed.num_rows:
        late |= {row["session_id"] for row in work.rows_of("queries/sessions_at", changed)}
        late |= set(changed["session_id"].to_pylist())
        work.fill("commands/replace_meter_values", changed)
    conflicts = pa.concat_tables([judged.conflicts, changed])
    if conflicts.num_rows:
        work.fill("commands/insert_quality_marks", conflicts, kind="conflicting_values")
    if late:
        _rebuild(work, late)
    duplicates = judged.repeated + rows.num_rows - fresh.num_rows
    return Readings(stored=fresh.num_rows, duplicates=duplicates, bad=judged.bad)


def _known(work: Work, rows: pa.Table) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], Any]:
    """Which rows the store holds already, and which of those with other values."""
    known = np.zeros(rows.num_rows, dtype=bool)
    differing = np.zeros(rows.num_rows, dtype=bool)
    placed = rows.append_column("place", pa.array(np.arange(rows.num_rows)))
    newest_at = work.value("queries/newest_reading_at")
    if newest_at is None or newest_at < rows["measured_at"][0].as_py():
        return known, differing
    span = pc.min_max(rows["measured_at"]).as_py()
    found = work.table_of("queries/known_meter_values", placed, from_at=span["min"], until_at=span["max"])
    places = found["place"].to_numpy()
    known[places] = True
    differing[places] = found["differs"].to_numpy()
    return known, differing


def _summarize(work: Work, fresh: pa.Table) -> set[str]:
    """Extend the summaries of sessions whose readings came in order; the ids of the others."""
    states = {row["session_id"]: row for row in work.rows_of("queries/session_meters_of", fresh)}
    late = _late(fresh, states)
    if late:
        fresh = fresh.filter(pc.invert(pc.is_in(fresh["session_id"], pa.array(list(late), pa.string()))))
    if fresh.num_rows == 0:
        return late
    summary = summarize(fresh, states, _held(work, fresh))
    for name, rows in (
        (
            "commands/insert_session_meters",
            [one for one in summary.sessions if one["session_id"] not in states],
        ),
        ("commands/replace_session_meters", [one for one in summary.sessions if one["session_id"] in states]),
    ):
        if rows:
            work.fill(name, batch_of(rows, **SESSION_METER_TYPES))
    span = pc.min_max(summary.slots["slot_at"]).as_py()
    work.fill("commands/merge_meter_slots", summary.slots, from_at=span["min"], until_at=span["max"])
    if summary.backwards.num_rows:
        work.fill("commands/insert_quality_marks", summary.backwards, kind="energy_backwards")
    return late


def _late(fresh: pa.Table, states: Mapping[str, Row]) -> set[str]:
    """Sessions of which a reading is not later than the last one known."""
    if not states:
        return set()
    first = fresh.group_by("session_id").aggregate([("measured_at", "min")])
    pairs = zip(first["session_id"].to_pylist(), first["measured_at_min"].to_pylist(), strict=True)
    return {
        session_id for session_id, at in pairs
        if session_id in states and at <= states[session_id]["last_at"]
    }  # fmt: skip


def _held(work: Work, fresh: pa.Table) -> HeldSteps:
    """The sequences held by EVSEs, as far as they touch these readings, and those on their way to them."""
    span = pc.min_max(fresh["measured_at"]).as_py()
    steps = work.table("queries/held_steps_between", from_at=span["min"], until_at=span["max"])
    if steps.num_rows == 0:
        return {}
    starts, ends = microseconds(steps["start_at"]), microseconds(steps["until_at"])
    limits = steps["limit_kw"].to_numpy()
    evses = np.array(steps["evse_id"].to_pylist(), dtype=object)
    held: dict[str, list[Steps]] = {}
    for evse_id in dict.fromkeys(evses):
        mine = evses == evse_id
        held[evse_id] = [(starts[mine], ends[mine], limits[mine])]
    for entry in _on_their_way(work, since=span["min"] - RECEIPTS_COME_WITHIN):
        if entry["evse_id"] in held:
            held[entry["evse_id"]].append(_coming(entry))
    return held


def _on_their_way(work: Work, since: datetime) -> list[Row]:
    """Entries of the newest plans while not carried out whole, where the EVSE may not hold them yet."""
    plans = work.rows("queries/plans_on_their_way", since=since)
    if not plans:
        return []
    versions = [row["plan_version"] for row in plans]
    wanted = {(row["site_id"], row["plan_version"]) for row in plans}
    held = {row["evse_id"]: row["plan_version"] for row in work.rows("queries/held_versions")}
    entries = work.rows("queries/entries_between", from_version=min(versions), until_version=max(versions))
    return [
        entry
        for entry in entries
        if (entry["site_id"], entry["plan_version"]) in wanted
        and entry["plan_version"] > held.get(entry["evse_id"], 0)
    ]


def _coming(entry: Row) -> Steps:
    steps = orjson.loads(entry["steps"])
    starts = np.array([_microsecond(datetime.fromisoformat(step["start_at"])) for step in steps])
    ends = np.append(starts[1:], max(_microsecond(entry["expires_at"]), starts[-1]))
    return starts, ends, np.array([step["limit_kw"] for step in steps])


def _microsecond(instant: datetime) -> int:
    return (instant - EPOCH) // MICROSECOND


def _rebuild(work: Work, session_ids: set[str]) -> None:
    """Summarize sessions anew from all their readings: for what came late, or was replaced."""
    with work.batch(pa.table({"session_id": pa.array(sorted(session_ids), pa.string())})):
        for name in (
            "delete_backwards_marks", "insert_backwards_marks", "delete_meter_slots", "insert_meter_slots",
            "merge_rebuilt_session_meters", "delete_empty_session_meters",
        ):  # fmt: skip
            work.run(f"commands/{name}")
