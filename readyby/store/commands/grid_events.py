"""Demand response: events added and cancelled, each of which calls for a plan."""

from datetime import timedelta

from readyby.errors import BadInput, Conflict, NotFound
from readyby.planning.situation import GridEvent
from readyby.store import api
from readyby.store.commands.planning import add_event, require_site
from readyby.store.queries.situation import grid_events_of
from readyby.store.registry import command, query
from readyby.store.work import Work

LONGEST = timedelta(days=2)
AHEAD = timedelta(days=366)
NAME_CHARS = 64


@command(api.AddGridEvent)
def add_grid_event(work: Work, given: api.AddGridEvent) -> None:
    require_site(work, given.site_id)
    _hold_sound(given)
    event = given.event
    row = work.row(
        "commands/insert_grid_event",
        site_id=given.site_id,
        name=event.name,
        kind=event.kind,
        start_at=event.interval.start,
        end_at=event.interval.end,
        level_kw=event.level_kw,
        price_usd_per_kwh=event.price_usd_per_kwh,
        added_at=given.at,
    )
    if row is None:
        raise Conflict(f"event {event.name!r} is known already: cancel it, and give the new one another name")
    add_event(work, given.site_id, "grid_event", event.name, given.at)


def _hold_sound(given: api.AddGridEvent) -> None:
    event, span = given.event, given.event.interval
    if not event.name.isprintable() or not 0 < len(event.name) <= NAME_CHARS:
        raise BadInput("name", event.name, f"give 1 to {NAME_CHARS} printable characters")
    if span.end <= given.at:
        raise BadInput("end", span.end.isoformat(), "give an end that is not over")
    if span.end - span.start > LONGEST or span.start - given.at > AHEAD:
        raise BadInput("start", span.start.isoformat(), "give at most two days, within a year")
    for name, value in (("level_kw", event.level_kw), ("price_usd_per_kwh", event.price_usd_per_kwh)):
        if not 0 <= value <= 10_000:
            raise BadInput(name, value, "give 0 to 10000")


@command(api.CancelGridEvent)
def cancel_grid_event(work: Work, given: api.CancelGridEvent) -> None:
    require_site(work, given.site_id)
    row = work.row("commands/cancel_grid_event", site_id=given.site_id, name=given.name, at=given.at)
    if row is None:
        raise NotFound(f"event {given.name!r} is not there, or over: see `readyby event list`")
    add_event(work, given.site_id, "grid_event", f"{given.name} cancelled", given.at)


@query(api.ListGridEvents)
def list_grid_events(work: Work, asked: api.ListGridEvents) -> tuple[GridEvent, ...]:
    require_site(work, asked.site_id)
    return grid_events_of(work, asked.site_id, asked.now)
