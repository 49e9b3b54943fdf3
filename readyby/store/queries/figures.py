"""Figures, runs, timings and the journal: what people look at."""

from collections.abc import Callable
from datetime import datetime

import orjson

from readyby.model import PlanVersion, RequestId
from readyby.store import api
from readyby.store.registry import query
from readyby.store.work import Row, Work


@query(api.ReadCounts)
def read_counts(work: Work, asked: api.ReadCounts) -> api.Counts:
    row = work.row("queries/counts")
    assert row is not None
    return api.Counts(
        **row,
        commands={state["state"]: state["n"] for state in work.rows("queries/command_counts")},
        settled={promise["promise"]: promise["n"] for promise in work.rows("queries/settlement_counts")},
    )


@query(api.RequestTimings)
def request_timings(work: Work, asked: api.RequestTimings) -> tuple[api.RequestTiming, ...]:
    return tuple(
        api.RequestTiming(
            request_id=RequestId(row["request_id"]),
            stored_machine_ms=row["stored_machine_ms"],
            plan_version=PlanVersion(row["plan_version"]) if row["plan_version"] else None,
            first_wave_accepted_machine_ms=row["first_wave_accepted_machine_ms"],
            complete_machine_ms=row["complete_machine_ms"],
        )
        for row in work.rows("queries/request_timings")
    )


@query(api.UnrecordedRuns)
def unrecorded_runs(work: Work, asked: api.UnrecordedRuns) -> tuple[api.RunRecord, ...]:
    return tuple(_run(row) for row in work.rows("queries/unrecorded_runs", limit=asked.limit))


def _run(row: Row) -> api.RunRecord:
    logs = [(datetime.fromisoformat(at), level, text) for at, level, text in orjson.loads(row["logs"])]
    read = {
        "parameters": orjson.loads(row["parameters"]),
        "plan_versions": tuple(orjson.loads(row["plan_versions"])),
        "logs": tuple(logs),
    }
    return api.RunRecord(**(row | read))


@query(api.ReadJournal)
def read_journal(work: Work, asked: api.ReadJournal) -> tuple[api.JournalLine, ...]:
    return tuple(
        api.JournalLine(at=row["happened_at"], kind=row["kind"], text=TEXTS[row["kind"]](row))
        for row in work.rows("queries/journal", limit=asked.limit)
    )


def _request_text(row: Row) -> str:
    wish = {"charge_now": "charge now", "release": "charge as usual"}.get(row["what"])
    if wish is None:
        wish = f"{row['figure'] or 0:.1f} kWh"
    return f"{row['evse_id']}: the driver asks for {wish}"


TEXTS: dict[str, Callable[[Row], str]] = {
    "session_started": lambda row: f"{row['evse_id']}: a car plugged in",
    "session_ended": lambda row: f"{row['evse_id']}: a car left with {row['figure']:.1f} kWh",
    "welcome": lambda row: f"{row['evse_id']}: the driver was welcomed",
    "request": _request_text,
    "plan": lambda row: f"plan {row['figure']:.0f} ({row['what']})",
    "not_following": lambda row: f"{row['evse_id']}: does not follow its setpoint",
    "rejected": lambda row: f"{row['evse_id']}: refused a command",
    "settlement": lambda row: f"{row['evse_id']}: settled, promise {row['what']}, ${row['figure']:.2f}",
}
