"""Events, claims, plan versions and their dispatch (I-20, I-22)."""

from datetime import datetime
from itertools import pairwise

import orjson
import pyarrow as pa

from readyby.errors import BadInput, Conflict, NotFound
from readyby.model import PlanVersion, RequestId, Step
from readyby.store import api
from readyby.store.registry import command
from readyby.store.trees import tree_text
from readyby.store.work import INSTANT, Row, Work, batch_of

ENTRY_TYPES = {
    "place": pa.int32(),
    "session_id": pa.string(),
    "evse_id": pa.string(),
    "controlled": pa.bool_(),
    "steps": pa.string(),
    "expires_at": INSTANT,
    "energy_need_kwh": pa.float64(),
    "shortfall_kwh": pa.float64(),
    "ready_at": INSTANT,
    "departure_at": INSTANT,
    "explanation": pa.string(),
}


def add_event(work: Work, site_id: str, kind: str, detail: str, at: datetime) -> int:
    """Store one planning event inside the running transaction; its number."""
    values = {"site_id": site_id, "kind": kind, "detail": detail, "happened_at": at}
    return int(work.value("commands/insert_planning_event", **values))


@command(api.AddEvent)
def add_event_of(work: Work, given: api.AddEvent) -> int:
    require_site(work, given.site_id)
    return add_event(work, given.site_id, given.kind, given.detail, given.at)


@command(api.ClaimWork)
def claim_work(work: Work, given: api.ClaimWork) -> api.Claim:
    of_site = {"site_id": given.site_id, "claim_id": given.claim_id}
    requests = work.rows("commands/claim_requests", **of_site)
    leave = list(given.leave_beside_requests) if requests else []
    events = work.rows("commands/claim_events", **of_site, leave=leave)
    if requests or events:
        work.run("commands/insert_claim", **of_site, owner=given.owner, claimed_at=given.now)
    return api.Claim(
        claim_id=given.claim_id,
        request_ids=tuple(
            RequestId(row["request_id"]) for row in sorted(requests, key=lambda row: row["sequence"])
        ),
        events=tuple(_event_text(row) for row in sorted(events, key=lambda row: row["event_id"])),
    )


def _event_text(row: Row) -> str:
    return f"{row['kind']}: {row['detail']}" if row["detail"] else str(row["kind"])


@command(api.ReturnClaims)
def return_claims(work: Work, given: api.ReturnClaims) -> int:
    work.run("commands/return_claims", owner=given.owner)
    requests = work.rows("commands/release_requests")
    events = work.rows("commands/release_events")
    return len(requests) + len(events)


@command(api.RecordPlan)
def record_plan(work: Work, given: api.RecordPlan) -> PlanVersion:
    claim = work.row("queries/claim", claim_id=given.claim_id)
    if claim and claim["state"] == "returned":
        raise Conflict(f"claim {given.claim_id} was given back: claim the work anew and plan again")
    for entry in given.entries:
        _check_entry(entry)
    version = work.value(
        "commands/insert_plan",
        site_id=given.site_id,
        claim_id=given.claim_id,
        made_at=given.made_at,
        reason=given.reason,
        method=given.method,
        situation_json=given.situation_json,
        plan_json=given.plan_json,
        run_key=given.run_key,
        tree_json=tree_text(given.tree),
    )
    if version is None:
        raise NotFound(f"site {given.site_id} is unknown")
    if given.entries:
        rows = [_entry_row(place, entry) for place, entry in enumerate(given.entries)]
        batch = batch_of(rows, **ENTRY_TYPES)
        work.fill("commands/insert_plan_entries", batch, site_id=given.site_id, plan_version=version)
    work.run(
        "commands/upsert_plan_start", site_id=given.site_id, plan_version=version, start_text=given.start
    )
    for name in ("plan_claimed_requests", "plan_claimed_events", "close_claim"):
        work.run(f"commands/{name}", claim_id=given.claim_id, plan_version=version)
    return PlanVersion(int(version))


@command(api.MarkDispatched)
def mark_dispatched(work: Work, given: api.MarkDispatched) -> None:
    marked = work.row(
        "commands/mark_dispatched",
        site_id=given.site_id,
        plan_version=given.plan_version,
        dispatched_at=given.at,
        dispatched_machine_ms=given.machine_ms,
    )
    if marked is None:
        raise NotFound(f"plan version {given.plan_version} of site {given.site_id} is unknown")


def require_site(work: Work, site_id: str) -> None:
    """Raises NotFound for a site that nobody put."""
    if work.row("queries/site", site_id=site_id) is None:
        raise NotFound(f"site {site_id} is unknown")


def _check_entry(entry: api.PlannedSession) -> None:
    starts = [step.start_at for step in entry.steps]
    if not starts:
        raise BadInput(f"entries[{entry.session_id}].steps", starts, "give at least one step")
    if any(second <= first for first, second in pairwise(starts)):
        raise BadInput(f"entries[{entry.session_id}].steps", "out of order", "order the steps by their start")


def _entry_row(place: int, entry: api.PlannedSession) -> Row:
    return {
        "place": place,
        "session_id": entry.session_id,
        "evse_id": entry.evse_id,
        "controlled": entry.controlled,
        "steps": steps_text(entry.steps),
        "expires_at": entry.expires_at,
        "energy_need_kwh": entry.energy_need_kwh,
        "shortfall_kwh": entry.shortfall_kwh,
        "ready_at": entry.ready_at,
        "departure_at": entry.departure_at,
        "explanation": orjson.dumps(dict(entry.explanation)).decode(),
    }


def steps_text(steps: tuple[Step, ...]) -> str:
    """Steps as JSON: `[{"start_at": ..., "limit_kw": ...}, ...]`."""
    return orjson.dumps(
        [{"start_at": step.start_at, "limit_kw": step.limit_kw} for step in steps],
        option=orjson.OPT_UTC_Z,
    ).decode()
