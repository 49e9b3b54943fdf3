"""What planning asks: the site, its situation, the plan that still has to leave, and what waits."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from readyby.errors import NotFound
from readyby.interval import floor_to, hours
from readyby.model import Evse, EvseId, PlanVersion, Site, SiteId
from readyby.store import api
from readyby.store.ingest.command import FEED
from readyby.store.queries.assemble import planned_session, session_views
from readyby.store.registry import query
from readyby.store.work import Row, Work

SLOT = timedelta(minutes=15)


def site_of(work: Work, site_id: str) -> Site:
    """The site with its EVSEs in their order. Raises NotFound."""
    row = work.row("queries/site", site_id=site_id)
    if row is None:
        raise NotFound(f"site {site_id} is unknown")
    return _site(row, work.rows("queries/site_evses", site_id=site_id))


def _site(row: Row, evses: list[Row]) -> Site:
    return Site(
        site_id=SiteId(row["site_id"]),
        name=row["name"],
        time_zone=row["time_zone"],
        limit_kw=row["limit_kw"],
        tariff_id=row["tariff_id"],
        evses=tuple(Evse(**evse) for evse in evses),
        early_leave_floor=row["early_leave_floor"],
        deadband_kw=row["deadband_kw"],
        change_usd_per_kwh=row["change_usd_per_kwh"],
    )


@query(api.ReadSite)
def read_site(work: Work, asked: api.ReadSite) -> Site:
    return site_of(work, asked.site_id)


@query(api.ListSites)
def list_sites(work: Work, asked: api.ListSites) -> tuple[SiteId, ...]:
    return tuple(SiteId(row["site_id"]) for row in work.rows("queries/site_ids"))


@query(api.ReadSituation)
def read_situation(work: Work, asked: api.ReadSituation) -> api.SituationData:
    site_row = work.row("queries/site", site_id=asked.site_id)
    if site_row is None:
        raise NotFound(f"site {asked.site_id} is unknown")
    site = _site(site_row, work.rows("queries/site_evses", site_id=asked.site_id))
    rows = work.rows("queries/active_sessions", site_id=asked.site_id)
    version, entries = newest_plan(work, asked.site_id)
    every_s = work.value("queries/meter_every", feed=FEED)
    disobedient = work.rows("queries/not_following", site_id=asked.site_id)
    return api.SituationData(
        site=site,
        now=asked.now,
        sessions=session_views(work, rows, asked.now),
        billing_peak_kw=_billing_peak_kw(work, site, asked.now),
        slot_energy_kwh=_slot_energy_kwh(work, rows, asked),
        last_plan=entries,
        last_plan_version=version,
        not_following=tuple(EvseId(row["evse_id"]) for row in disobedient),
        control_paused=site_row["control_paused"],
        silent=tuple(EvseId(row["evse_id"]) for row in disobedient if row["silent"]),
        meter_every=timedelta(seconds=every_s or 60.0),
        last_start=work.value("queries/plan_start", site_id=asked.site_id, plan_version=version) or "",
    )


def newest_plan(work: Work, site_id: str) -> tuple[PlanVersion | None, tuple[api.PlannedSession, ...]]:
    """The newest plan version of a site and its entries, in their order."""
    plan = work.row("queries/newest_plan", site_id=site_id)
    if plan is None:
        return None, ()
    version = plan["plan_version"]
    entries = work.rows("queries/plan_entries", site_id=site_id, plan_version=version)
    return PlanVersion(version), tuple(map(planned_session, entries))


def _billing_peak_kw(work: Work, site: Site, now: datetime) -> float:
    """Highest closed 15-minute mean of the calendar month in the site's zone, in kW."""
    local = now.astimezone(ZoneInfo(site.time_zone))
    month = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    peak = work.value(
        "queries/billing_peak_kw", site_id=site.site_id, from_at=month, until_at=floor_to(now, SLOT)
    )
    return float(peak or 0.0)


def _slot_energy_kwh(work: Work, active: list[Row], asked: api.ReadSituation) -> float:
    """What the running slot has used: by its readings, else by a car's last power while that is fresh."""
    slot_at = floor_to(asked.now, SLOT)
    used = {
        row["session_id"]: row["energy_kwh"]
        for row in work.rows("queries/slot_energy_kwh", site_id=asked.site_id, slot_at=slot_at, now=asked.now)
    }
    total = float(sum(used.values()))
    for row in active:
        fresh = row["measured_at"] is not None and slot_at - row["measured_at"] < SLOT
        if row["session_id"] not in used and fresh:
            elapsed = asked.now - max(slot_at, row["started_at"])
            total += row["power_kw"] * max(0.0, hours(elapsed))
    return total


@query(api.UndispatchedPlan)
def undispatched_plan(work: Work, asked: api.UndispatchedPlan) -> api.StoredPlan | None:
    plan = work.row("queries/newest_plan", site_id=asked.site_id)
    return _stored_plan(work, plan) if plan is not None and plan["dispatched_at"] is None else None


@query(api.PlansWithoutRun)
def plans_without_run(work: Work, asked: api.PlansWithoutRun) -> tuple[api.PlanWithoutRun, ...]:
    return tuple(
        api.PlanWithoutRun(
            plan=_stored_plan(work, row), method=row["method"], reason=row["reason"], run_key=row["run_key"]
        )
        for row in work.rows("queries/plans_without_run", site_id=asked.site_id)
    )


def _stored_plan(work: Work, plan: Row) -> api.StoredPlan:
    site_id, version = plan["site_id"], plan["plan_version"]
    entries = work.rows("queries/plan_entries", site_id=site_id, plan_version=version)
    return api.StoredPlan(
        site_id=site_id,
        plan_version=PlanVersion(version),
        made_at=plan["made_at"],
        limit_kw=plan["limit_kw"],
        entries=tuple(map(planned_session, entries)),
    )
