"""What a driver's page asks: where a link leads, and how the session stands."""

from datetime import datetime, timedelta

from readyby.errors import NotFound
from readyby.model import PlanVersion, SessionRef
from readyby.store import api
from readyby.store.queries.assemble import accepted_request, planned_session, session_views
from readyby.store.queries.situation import site_of
from readyby.store.registry import query
from readyby.store.work import Row, Work

DEFAULT_WH_PER_MI = 300.0


@query(api.ReadLink)
def read_link(work: Work, asked: api.ReadLink) -> api.LinkTarget:
    row = work.row("queries/link", key_hash=asked.key_hash)
    if row is None or row["session_ref"] is None:
        raise NotFound("this link opens nothing")
    return api.LinkTarget(
        session_ref=SessionRef(row["session_ref"]),
        language=row["language"],
        open=_is_open(row, asked.now, work.link_grace_min),
        time_zone=row["time_zone"],
        wh_per_mi=row["wh_per_mi"] or DEFAULT_WH_PER_MI,
    )


def _is_open(row: Row, now: datetime, grace_min: float) -> bool:
    if row["active"]:
        return True
    closes_at = row["closes_at"] or row["ended_at"] + timedelta(minutes=grace_min)
    return bool(now < closes_at)


@query(api.ReadStatus)
def read_status(work: Work, asked: api.ReadStatus) -> api.DriverStatus:
    row = work.row("queries/session_now_by_ref", session_ref=asked.session_ref)
    if row is None:
        raise NotFound("no session has this reference")
    (session,) = session_views(work, [row], asked.now)
    context = work.row("queries/driver_context", session_id=session.session_id)
    assert context is not None
    plan = work.row("queries/newest_plan", site_id=session.site_id)
    entry = work.row(
        "queries/plan_entry",
        site_id=session.site_id,
        plan_version=plan["plan_version"] if plan else 0,
        session_id=session.session_id,
    )
    last = work.row("queries/last_request", session_id=session.session_id)
    settled = work.row("queries/settlement", session_id=session.session_id)
    return api.DriverStatus(
        session=session,
        site=site_of(work, session.site_id),
        language=context["language"] or "en",
        wh_per_mi=context["wh_per_mi"] or DEFAULT_WH_PER_MI,
        planned=planned_session(entry) if entry else None,
        plan_version=PlanVersion(plan["plan_version"]) if plan else None,
        plan_made_at=plan["made_at"] if plan else None,
        plan_dispatched=bool(plan and plan["dispatched_at"]),
        control_paused=context["control_paused"],
        feed_as_of=context["feed_as_of"],
        meter_every=timedelta(seconds=context["meter_every_s"] or 60.0),
        last_request=accepted_request(last) if last else None,
        settled=api.Settlement(**settled) if settled else None,
        metered=_metered(work, session) if last and session.active and last["kind"] == "need" else (),
    )


def _metered(work: Work, session: api.SessionView) -> tuple[api.MeterPoint, ...]:
    rows = work.rows("queries/session_quarters", session_id=session.session_id, started_at=session.started_at)
    return tuple(
        api.MeterPoint(at=row["measured_at"], power_kw=row["power_kw"], energy_kwh=row["energy_kwh"])
        for row in rows
    )
