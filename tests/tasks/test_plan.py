"""Planning as acts: drivers first, and nothing that called for a plan is forgotten."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from flows.plan import plan_site
from readyby import wiring
from readyby.circuits import tree_of
from readyby.contract import SiteTree
from readyby.interval import Interval
from readyby.model import Channel, Circuit, RequestId, RequestKind, SiteId
from readyby.planning.outcome import PlanOutcome
from readyby.planning.situation import EventKind, GridEvent
from readyby.store.api import (
    AddEvent,
    AddGridEvent,
    IngestPage,
    MatchSessions,
    PutSite,
    ReadPending,
    ReadSite,
    ReadSituation,
    SituationData,
    SubmitRequest,
)
from readyby.tariff import GridTariff
from tests.support.small_site import SmallWorld


class Planner:
    """Plans, and remembers how it was asked."""

    def __init__(self) -> None:
        self.quick: list[bool] = []

    async def __call__(self, situation: SituationData, tariff: GridTariff, quick: bool) -> PlanOutcome:
        self.quick.append(quick)
        return await wiring.plan_here(situation, tariff, quick)


@pytest.fixture
async def planner() -> AsyncIterator[Planner]:
    planner = Planner()
    world = await SmallWorld().open()
    wiring.use(replace(world.adapters, planner=planner))
    page = world.page([world.session(1, "tag-ada")])
    await world.store.do(IngestPage(body=page, received_at=world.clock.now()))
    await world.store.do(MatchSessions(now=world.clock.now()))
    yield planner
    wiring.use(None)
    world.close()


async def ask() -> None:
    here = wiring.current()
    situation = await here.store.ask(ReadSituation(site_id=SiteId("jpl"), now=here.clock.now()))
    ref = situation.sessions[0].session_ref
    assert ref is not None
    await here.store.do(
        SubmitRequest(
            session_ref=ref,
            request_id=RequestId("request-0001"),
            kind=RequestKind.NEED,
            channel=Channel.PAGE,
            received_at=here.clock.now(),
            received_machine_ms=1,
            departure_at=here.clock.now() + timedelta(hours=6),
            energy_need_kwh=12.0,
            distance_mi=None,
        )
    )


async def happens(kind: str) -> None:
    here = wiring.current()
    await here.store.do(AddEvent(site_id=SiteId("jpl"), kind=kind, detail="", at=here.clock.now()))


@pytest.mark.parametrize(
    ("kinds", "quick"),
    [
        ((), [True]),
        (("session_ended",), [True]),
        (("slot",), [True, False]),
        (("operator", "slot"), [True, False]),
    ],
)
async def test_drivers_get_a_quick_plan_and_a_careful_one_follows(planner, kinds, quick):
    await plan_site.fn(wake_up="first")
    planner.quick.clear()
    await ask()
    for kind in kinds:
        await happens(kind)
    report = await plan_site.fn(wake_up="second")
    assert planner.quick == quick
    assert len(report.plan_versions) == len(quick)
    pending = await wiring.current().store.ask(ReadPending())
    assert not pending.requests
    assert not pending.events


async def test_a_car_that_comes_lets_the_others_be_and_a_slot_plans_all_carefully(planner):
    await plan_site.fn(wake_up="first")
    await happens("slot")
    await plan_site.fn(wake_up="second")
    assert planner.quick == [True, False]


async def test_a_plan_leaves_with_what_the_building_leaves_of_the_limit(planner: Planner) -> None:
    here = wiring.current()
    site = await here.store.ask(ReadSite(site_id=SiteId("jpl")))
    await here.store.do(PutSite(site=replace(site, building_kw=5.0), at=here.clock.now()))
    await plan_site.fn(wake_up="test")
    (limit,) = here.exchange.plans[-1].tree.limits
    assert [step.limit_kw for step in limit.steps] == [site.limit_kw - 5.0]
    stored = await here.store.ask(ReadSituation(site_id=SiteId("jpl"), now=here.clock.now()))
    assert stored.site.building_kw == 5.0


async def test_a_plan_leaves_with_the_cap_of_an_event_that_called_for_it(planner: Planner) -> None:
    here = wiring.current()
    site = await here.store.ask(ReadSite(site_id=SiteId("jpl")))
    now = here.clock.now()
    window = Interval(now + timedelta(hours=1), now + timedelta(hours=2))
    cap = GridEvent(name="dr-7", kind=EventKind.CAP, interval=window, level_kw=9.0)
    await plan_site.fn(wake_up="first")
    planner.quick.clear()
    await here.store.do(AddGridEvent(site_id=SiteId("jpl"), event=cap, at=now))
    await plan_site.fn(wake_up="test")
    assert planner.quick == [False]
    (limit,) = here.exchange.plans[-1].tree.limits
    assert limit.name == "cap dr-7"
    assert [step.limit_kw for step in limit.steps] == [site.limit_kw, 9.0, site.limit_kw]
    assert limit.steps[1].start_at <= window.start - timedelta(minutes=1)
    assert limit.steps[2].start_at >= window.end


async def test_a_plan_leaves_with_the_circuits_of_its_site(planner: Planner) -> None:
    here = wiring.current()
    site = await here.store.ask(ReadSite(site_id=SiteId("jpl")))
    evses = tuple(replace(evse, circuit="row") for evse in site.evses)
    wired = replace(site, circuits=(Circuit(name="row", limit_kw=9.0),), evses=evses)
    await here.store.do(PutSite(site=wired, at=here.clock.now()))
    await plan_site.fn(wake_up="test")
    assert here.exchange.plans[-1].tree == SiteTree.of(tree_of(wired))
    assert [place.evse_id for place in here.exchange.plans[-1].tree.places] == [e.evse_id for e in evses]


async def test_an_error_of_the_planner_is_logged_once_per_plan(planner):
    async def failing(situation: SituationData, tariff: GridTariff, quick: bool) -> PlanOutcome:
        made = await wiring.plan_here(situation, tariff, quick)
        return replace(made, error="TypeError at facade.py:1: so it goes")

    wiring.use(replace(wiring.current(), planner=failing))
    with capture_logs() as logged:
        report = await plan_site.fn(wake_up="first")
    said = [entry["event"] for entry in logged if entry["log_level"] == "error"]
    assert len(said) == len(report.plan_versions) == 1
    assert "TypeError at facade.py:1" in said[0]
    wiring.use(replace(wiring.current(), planner=planner))
    with capture_logs() as logged:
        await ask()
        await plan_site.fn(wake_up="second")
    assert not [entry for entry in logged if entry["log_level"] == "error"]
