"""Demand response in the store: added once, listed until over, cancelled; each change calls for a plan."""

from dataclasses import replace
from datetime import timedelta

import pytest

from readyby.errors import BadInput, Conflict, NotFound
from readyby.interval import Interval
from readyby.model import SiteId
from readyby.planning.situation import EventKind, GridEvent
from readyby.store import api
from tests.support.store_world import SITE, START, StoreWorld, minute

CAP = GridEvent(name="dr-7", kind=EventKind.CAP, interval=Interval(minute(60), minute(120)), level_kw=12.0)


def add(world: StoreWorld, event: GridEvent = CAP, at: int = 0) -> None:
    world.do(api.AddGridEvent(site_id=SITE, event=event, at=minute(at)))


def known(world: StoreWorld, at: int = 0) -> tuple[GridEvent, ...]:
    listed = world.ask(api.ListGridEvents(site_id=SITE, now=minute(at)))
    assert world.ask(api.ReadSituation(site_id=SITE, now=minute(at))).grid_events == listed
    return listed


def test_an_event_is_there_until_it_is_over(world: StoreWorld) -> None:
    paid = replace(CAP, name="a", kind=EventKind.FLOOR, price_usd_per_kwh=0.3)
    add(world)
    add(world, paid)
    assert known(world) == (paid, CAP)
    assert known(world, at=119) == (paid, CAP)
    assert known(world, at=120) == ()
    (row,) = world.rows("select name, kind, level_kw, cancelled_at from grid_events where name = 'dr-7'")
    assert tuple(row.values()) == ("dr-7", "cap", 12.0, None)


def test_each_change_calls_for_a_plan_and_says_why(world: StoreWorld) -> None:
    world.claim("c0")
    add(world)
    assert world.claim("c1").events == ("grid_event: dr-7",)
    world.do(api.CancelGridEvent(site_id=SITE, name="dr-7", at=minute(1)))
    assert world.claim("c2").events == ("grid_event: dr-7 cancelled",)
    assert known(world, at=1) == ()


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (replace(CAP, interval=Interval(START - timedelta(hours=2), START)), "end"),
        (replace(CAP, interval=Interval(START, START + timedelta(days=3))), "start"),
        (replace(CAP, level_kw=-1.0), "level_kw"),
        (replace(CAP, level_kw=float("nan")), "level_kw"),
        (replace(CAP, price_usd_per_kwh=-0.1), "price_usd_per_kwh"),
        (replace(CAP, name=""), "name"),
    ],
)
def test_an_event_that_cannot_be_is_refused(world: StoreWorld, event: GridEvent, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        add(world, event)
    assert caught.value.field == field
    assert known(world) == ()


def test_unknown_and_repeated_names_are_refused(world: StoreWorld) -> None:
    add(world)
    with pytest.raises(Conflict, match="known already"):
        add(world, replace(CAP, level_kw=9.0))
    with pytest.raises(NotFound, match="not there, or over"):
        world.do(api.CancelGridEvent(site_id=SITE, name="dr-8", at=minute(1)))
    with pytest.raises(NotFound, match="not there, or over"):
        world.do(api.CancelGridEvent(site_id=SITE, name="dr-7", at=minute(121)))
    with pytest.raises(NotFound, match="site elsewhere is unknown"):
        world.do(api.AddGridEvent(site_id=SiteId("elsewhere"), event=CAP, at=START))
