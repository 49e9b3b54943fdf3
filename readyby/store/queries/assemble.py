"""Rows into the values of the interface."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from readyby.model import (
    Channel,
    EvseId,
    PlanVersion,
    RequestId,
    RequestKind,
    SessionId,
    SessionRef,
    SiteId,
    Step,
)
from readyby.store import api
from readyby.store.work import Row, Work


def session_views(work: Work, rows: Sequence[Row], now: datetime | None) -> tuple[api.SessionView, ...]:
    """Sessions from rows of the view `session_now`; without `now` nothing is in force any more."""
    held = {row["evse_id"]: row for row in work.rows("queries/held_now", now=now)} if now else {}
    return tuple(_session_view(row, held.get(row["evse_id"])) for row in rows)


def _session_view(row: Row, held: Row | None) -> api.SessionView:
    in_force = held is not None and row["active"] and held["session_id"] in (None, row["session_id"])
    return api.SessionView(
        session_id=SessionId(row["session_id"]),
        session_ref=SessionRef(row["session_ref"]) if row["session_ref"] else None,
        site_id=SiteId(row["site_id"]),
        evse_id=EvseId(row["evse_id"]),
        active=row["active"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        delivered_kwh=row["delivered_kwh"],
        power_kw=row["power_kw"],
        measured_at=row["measured_at"],
        eligible=row["eligible"],
        request=accepted_request(row) if row["request_id"] else None,
        setpoint_kw=held["limit_kw"] if held is not None and in_force else None,
        following=row["following"],
        learned_max_kw=row["learned_max_kw"],
        free_since=row["free_since"],
    )


def accepted_request(row: Row) -> api.AcceptedRequest:
    """A request from a row that holds its columns."""
    return api.AcceptedRequest(
        request_id=RequestId(row["request_id"]),
        sequence=row["sequence"],
        kind=RequestKind(row["kind"]),
        channel=Channel(row["channel"]),
        received_at=row["received_at"],
        departure_at=row["departure_at"],
        energy_need_kwh=row["energy_need_kwh"],
        distance_mi=row["distance_mi"],
        plan_version=PlanVersion(row["plan_version"]) if row["plan_version"] else None,
    )


def planned_session(row: Row) -> api.PlannedSession:
    """One session's part of a plan from its row."""
    return api.PlannedSession(
        session_id=SessionId(row["session_id"]),
        evse_id=EvseId(row["evse_id"]),
        controlled=row["controlled"],
        steps=tuple(
            Step(datetime.fromisoformat(step["start_at"]), step["limit_kw"])
            for step in orjson.loads(row["steps"])
        ),
        expires_at=row["expires_at"],
        energy_need_kwh=row["energy_need_kwh"],
        shortfall_kwh=row["shortfall_kwh"],
        ready_at=row["ready_at"],
        departure_at=row["departure_at"],
        explanation=orjson.loads(row["explanation"]),
    )
