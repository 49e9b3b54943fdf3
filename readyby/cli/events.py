"""`readyby event`: demand response that the site takes part in."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from readyby.cli.context import load_settings

app = typer.Typer(help="Demand response: events of the grid.", no_args_is_help=True)


class Kind(StrEnum):
    """What an event asks of the site's import."""

    CAP = "cap"
    FLOOR = "floor"
    REDUCTION = "reduction"


@app.callback()
def event() -> None:
    """Demand response: events of the grid."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Of its own, as the utility's number.")],
    kind: Annotated[Kind, typer.Argument(help="cap holds; floor and reduction are paid for.")],
    start: Annotated[datetime, typer.Argument(help="RFC 3339 with a zone.", formats=["%Y-%m-%dT%H:%M:%S%z"])],
    end: Annotated[datetime, typer.Argument(help="RFC 3339 with a zone.", formats=["%Y-%m-%dT%H:%M:%S%z"])],
    level_kw: Annotated[float, typer.Argument(help="Of the site's import; a reduction's baseline.")],
    *,
    price_usd_per_kwh: Annotated[float, typer.Option(help="What a kWh of floor or reduction pays.")] = 0.0,
) -> None:
    """Take part in an event; a plan follows at once."""
    from readyby.any_store import open_any_store
    from readyby.clocks import SystemClock
    from readyby.interval import Interval
    from readyby.model import SiteId
    from readyby.planning.situation import EventKind, GridEvent
    from readyby.store.api import AddGridEvent, GrantedTime, ReadSite

    settings = load_settings()
    site_id = SiteId(settings.site_id)
    told = GridEvent(
        name=name,
        kind=EventKind(kind.value),
        interval=Interval(start, end),
        level_kw=level_kw,
        price_usd_per_kwh=price_usd_per_kwh,
    )
    with open_any_store(settings) as store:
        now = store.ask(GrantedTime()) or SystemClock().now()
        store.do(AddGridEvent(site_id=site_id, event=told, at=now))
        caps_kw = sum(evse.standing_cap_kw for evse in store.ask(ReadSite(site_id=site_id)).evses)
    typer.echo(f"{name}: {kind.value} of {level_kw:g} kW, {start.isoformat()} to {end.isoformat()}")
    if kind is Kind.CAP and level_kw < caps_kw:
        typer.secho(
            f"the standing caps alone are {caps_kw:.1f} kW: this cap cannot be promised",
            fg=typer.colors.YELLOW,
            err=True,
        )


@app.command("list")
def list_events() -> None:
    """The events that have not ended."""
    from readyby.any_store import open_any_store
    from readyby.clocks import SystemClock
    from readyby.model import SiteId
    from readyby.store.api import GrantedTime, ListGridEvents

    settings = load_settings()
    with open_any_store(settings) as store:
        now = store.ask(GrantedTime()) or SystemClock().now()
        events = store.ask(ListGridEvents(site_id=SiteId(settings.site_id), now=now))
    for each in events:
        typer.echo(
            f"{each.name}: {each.kind} {each.level_kw:g} kW, {each.interval.start.isoformat()} to "
            f"{each.interval.end.isoformat()}, ${each.price_usd_per_kwh:g}/kWh"
        )


@app.command()
def cancel(name: Annotated[str, typer.Argument(help="The event's name.")]) -> None:
    """Do not take part in an event after all; a plan follows at once."""
    from readyby.any_store import open_any_store
    from readyby.clocks import SystemClock
    from readyby.model import SiteId
    from readyby.store.api import CancelGridEvent, GrantedTime

    settings = load_settings()
    with open_any_store(settings) as store:
        now = store.ask(GrantedTime()) or SystemClock().now()
        store.do(CancelGridEvent(site_id=SiteId(settings.site_id), name=name, at=now))
    typer.echo(f"{name}: cancelled")
