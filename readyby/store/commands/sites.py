"""Sites, domain time granted, and the pause of control."""

from dataclasses import asdict, replace
from datetime import datetime

import pyarrow as pa

from readyby.errors import Conflict, NotFound
from readyby.model import Site, SiteId
from readyby.store import api
from readyby.store.commands.planning import add_event
from readyby.store.queries.situation import site_of
from readyby.store.registry import command
from readyby.store.work import Work, batch_of

EVSE_TYPES = {
    "evse_id": pa.string(),
    "site_id": pa.string(),
    "place": pa.int32(),
    "max_kw": pa.float64(),
    "min_kw": pa.float64(),
    "standing_cap_kw": pa.float64(),
    "voltage_v": pa.float64(),
    "phases": pa.int32(),
    "controlled": pa.bool_(),
}
FACT_TYPES = {
    "evse_id": pa.string(),
    "circuit": pa.string(),
    "connection": pa.string(),
    "steps_kw": pa.list_(pa.float64()),
    "max_pauses": pa.int32(),
    "min_on_min": pa.float64(),
    "min_off_min": pa.float64(),
}
CIRCUIT_TYPES = {
    "site_id": pa.string(),
    "place": pa.int32(),
    "name": pa.string(),
    "parent": pa.string(),
    "limit_kw": pa.float64(),
    "limit_a": pa.float64(),
    "reserved_kw": pa.float64(),
}


@command(api.GrantTime)
def grant_time(work: Work, given: api.GrantTime) -> None:
    values = {"until_at": given.until, "speed": given.speed}
    if work.row("commands/grant_time", **values) is None:
        work.run("commands/begin_time", **values)


@command(api.PutSite)
def put_site(work: Work, given: api.PutSite) -> None:
    site = given.site
    before = _known(work, site.site_id)
    if before == site:
        return
    _refuse_foreign(work, site)
    work.run(
        "commands/upsert_site",
        site_id=site.site_id,
        name=site.name,
        time_zone=site.time_zone,
        limit_kw=site.limit_kw,
        tariff_id=site.tariff_id,
        early_leave_floor=site.early_leave_floor,
        deadband_kw=site.deadband_kw,
        change_usd_per_kwh=site.change_usd_per_kwh,
    )
    _put_parts(work, site)
    if before is not None:
        _note_changes(work, before, site, given.at)


@command(api.PauseControl)
def pause_control(work: Work, given: api.PauseControl) -> bool:
    was = work.row("queries/site", site_id=given.site_id)
    if was is None:
        raise NotFound(f"site {given.site_id} is unknown")
    if was["control_paused"] == given.paused:
        return False
    work.run("commands/set_control_paused", site_id=given.site_id, paused=given.paused)
    kind = "control_paused" if given.paused else "control_resumed"
    add_event(work, given.site_id, kind, "", given.at)
    return True


def _put_parts(work: Work, site: Site) -> None:
    """The site's facts, circuits and EVSEs, in place of what was known."""
    work.run(
        "commands/upsert_site_fact",
        site_id=site.site_id,
        voltage_v=site.voltage_v,
        ramp_kw=site.ramp_kw,
        building=str(site.building_kw),
        solar=str(site.solar_kw),
        export_usd_per_kwh=site.export_usd_per_kwh,
        co2_usd_per_kg=site.co2_usd_per_kg,
    )
    for name in ("delete_evse_facts", "delete_evses", "delete_circuits"):
        work.run(f"commands/{name}", site_id=site.site_id)
    evses = [asdict(evse) | {"site_id": site.site_id, "place": n} for n, evse in enumerate(site.evses)]
    circuits = [asdict(each) | {"site_id": site.site_id, "place": n} for n, each in enumerate(site.circuits)]
    if evses:
        work.fill("commands/insert_evses", batch_of(evses, **EVSE_TYPES))
        work.fill("commands/insert_evse_facts", batch_of(evses, **FACT_TYPES))
    if circuits:
        work.fill("commands/insert_circuits", batch_of(circuits, **CIRCUIT_TYPES))


def _known(work: Work, site_id: SiteId) -> Site | None:
    try:
        return site_of(work, site_id)
    except NotFound:
        return None


def _refuse_foreign(work: Work, site: Site) -> None:
    owners = {row["evse_id"]: row["site_id"] for row in work.rows("queries/evse_owners")}
    for evse in site.evses:
        if owners.get(evse.evse_id, site.site_id) != site.site_id:
            owner = owners[evse.evse_id]
            raise Conflict(f"EVSE {evse.evse_id} belongs to site {owner}: remove it there first")


def _note_changes(work: Work, before: Site, after: Site, at: datetime) -> None:
    if before.limit_kw != after.limit_kw:
        detail = f"{before.limit_kw:g} kW to {after.limit_kw:g} kW"
        add_event(work, after.site_id, "limit_changed", detail, at)
    elif replace(before, name=after.name) != after:
        add_event(work, after.site_id, "site_changed", "", at)
