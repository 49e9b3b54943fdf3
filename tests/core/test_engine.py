"""The engine moves the whole loop by itself, and heals what a dead core left."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from readyby import wiring
from readyby.core import engine
from readyby.core.engine import Engine
from readyby.errors import Unreachable
from readyby.model import Channel, RequestId, RequestKind, SessionRef, SiteId
from readyby.runs.deployments import lane_flows
from readyby.runs.lane import Lane
from readyby.runs.memory_runs import MemoryRuns
from readyby.runs.prefect_runs import DueRun
from readyby.sms.lookup import SentText
from readyby.sms.memory import MemoryMessenger
from readyby.store.api import (
    AddEvent,
    ClaimMessages,
    ClaimWork,
    IngestPage,
    MatchSessions,
    NoticeCursor,
    PlansWithoutRun,
    ReadCounts,
    ReadPending,
    RecordPlan,
    RequestTimings,
    SubmitRequest,
)
from tests.support.small_site import SmallWorld

WITHIN_S = 5.0


class Bench:
    """An engine over a small world; every wait is bounded."""

    def __init__(self, world: SmallWorld, repository: Path) -> None:
        self.world, self.runs = world, MemoryRuns()
        flows = lane_flows(repository / "prefect.yaml")
        self.lanes = {name: Lane(name, flow.fn, self.runs, world.store) for name, flow in flows.items()}
        self.engine = Engine(world.adapters, self.lanes, self.runs, owner="alive")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.engine.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            for lane in self.lanes.values():
                await lane.close()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not holds():
                await asyncio.sleep(0.01)

    async def ref(self) -> SessionRef:
        return await self.world.ref()

    async def request(self, request_id: str, kwh: float) -> None:
        now = self.world.clock.now()
        await self.world.store.do(
            SubmitRequest(
                session_ref=await self.ref(),
                request_id=RequestId(request_id),
                kind=RequestKind.NEED,
                channel=Channel.PAGE,
                received_at=now,
                received_machine_ms=1,
                departure_at=now + timedelta(hours=5),
                energy_need_kwh=kwh,
            )
        )
        self.engine.wakes.plan.set()


@pytest.fixture
async def bench(repository: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr("readyby.core.engine.LOOK_S", 0.02)
    monkeypatch.setattr("readyby.core.engine.SERVER_LOOK_S", 0.02)
    monkeypatch.setattr("readyby.core.engine.FEED_WAIT_S", 0.01)
    world = await SmallWorld().open()
    wiring.use(world.adapters)
    yield Bench(world, repository)
    wiring.use(None)
    world.close()


async def test_a_plug_in_becomes_a_welcome_and_a_request_becomes_a_dispatched_plan(bench: Bench) -> None:
    world = bench.world
    world.exchange.pages = [world.page([world.session(1, "tag-ada"), world.session(2, "tag-unknown")])]
    async with bench.running():
        await bench.until(lambda: len(world.messenger.sent) == 1)
        await bench.until(lambda: bool(world.exchange.plans))
        await bench.request("r1", 10.0)
        await bench.until(lambda: _controlled(world) == ["S1"])
        await bench.request("r2", 10.0)
        counts = await world.store.ask(ReadCounts())
    assert counts.welcome_sms == 1
    assert counts.requests == 2
    versions = [plan.plan_version for plan in world.exchange.plans]
    assert versions == sorted(set(versions))
    as_usual = [entry for entry in world.exchange.plans[-1].entries if entry.session_id == "S2"]
    assert all(entry.steps[0].limit_kw >= 2.88 for entry in as_usual)


async def test_what_the_exchange_noticed_is_seen_by_analysts(bench: Bench) -> None:
    notice = {"seq": 7, "kind": "silent_evse", "evse_id": "E1", "session_id": None, "action": "counted"}
    told = {**notice, "alarm": True, "at": bench.world.clock.now().isoformat(), "detail": "silent"}
    bench.world.exchange.notice_pages = [json.dumps({"next": 7, "notices": [told]}).encode()]
    async with bench.running():
        async with asyncio.timeout(WITHIN_S):
            while await bench.world.store.ask(NoticeCursor()) < 7:
                await asyncio.sleep(0.01)
        seen = await bench.world.store.table("select kind, evse_id, action from data_quality")
    assert seen.to_pylist() == [{"kind": "silent_evse", "evse_id": "E1", "action": "counted"}]


async def test_a_burst_is_planned_together(bench: Bench) -> None:
    world = bench.world
    world.exchange.pages = [world.page([world.session(1, "tag-ada")])]
    async with bench.running():
        await bench.until(lambda: len(world.messenger.sent) == 1)
        before = len(world.exchange.plans)
        for number in range(20):
            await bench.request(f"r{number}", 5.0 + number)
        async with asyncio.timeout(WITHIN_S):
            while any(t.plan_version is None for t in await world.store.ask(RequestTimings())):
                await asyncio.sleep(0.01)
        assert len(world.exchange.plans) - before < 20


@pytest.mark.invariant("I-13")
async def test_an_exchange_that_was_away_gets_the_newest_plan_when_it_is_back(bench: Bench) -> None:
    world = bench.world
    world.exchange.pages = [world.page([world.session(1, "tag-ada")])]
    async with bench.running():
        await bench.until(lambda: bool(world.exchange.plans) and len(world.messenger.sent) == 1)
        world.exchange.outage = lambda: Unreachable("exchange: away")
        sent = len(world.exchange.plans)
        await bench.request("r1", 10.0)
        async with asyncio.timeout(WITHIN_S):
            while not (await world.store.ask(ReadPending())).undispatched:
                await asyncio.sleep(0.01)
        assert len(world.exchange.plans) == sent
        world.exchange.outage = None
        await bench.until(lambda: _controlled(world) == ["S1"])


async def die_sending(world: SmallWorld) -> None:
    """A core took a welcome in hand, and nothing more was heard of it."""
    world.exchange.pages = []
    page = world.page([world.session(1, "tag-ada")])
    now = world.clock.now()
    await world.store.do(IngestPage(body=page, received_at=now))
    await world.store.do(MatchSessions(now=now))
    claimed = await world.store.do(ClaimMessages(now=now, key_hashes=("a" * 64,)))
    assert len(claimed) == 1


async def test_a_welcome_that_a_dead_core_never_handed_over_is_sent(bench: Bench) -> None:
    class Sure(MemoryMessenger):
        sure_after_s = 0.0

        async def sent_since(self, phone: str, since: datetime) -> tuple[SentText, ...]:
            return ()

    world = bench.world
    await die_sending(world)
    sure = Sure()
    wiring.use(replace(world.adapters, messenger=sure))
    bench.engine = Engine(wiring.current(), bench.lanes, bench.runs, owner="alive")
    async with bench.running():
        await bench.until(lambda: bool(sure.sent))
    assert len(sure.sent) == 1


@pytest.mark.invariant("I-13", "I-17")
async def test_what_a_dead_core_claimed_is_planned_and_what_it_was_sending_is_never_sent_again(
    bench: Bench,
) -> None:
    world = bench.world
    await die_sending(world)
    now = world.clock.now()
    await world.store.do(AddEvent(site_id=SiteId("jpl"), kind="operator", detail="x", at=now))
    dead = await world.store.do(ClaimWork(site_id=SiteId("jpl"), claim_id="c-dead", owner="dead-1", now=now))
    assert dead
    async with bench.running():
        await bench.until(lambda: bool(world.exchange.plans))
        await asyncio.sleep(0.1)
    assert world.messenger.sent == []


async def test_a_plan_whose_run_died_with_its_core_gets_a_run_that_names_it(bench: Bench) -> None:
    world = bench.world
    world.exchange.pages = []
    await world.store.do(
        RecordPlan(
            site_id=SiteId("jpl"),
            claim_id="c-dead",
            made_at=world.clock.now(),
            reason="request",
            method="optimal",
            situation_json="{}",
            plan_json="{}",
            entries=(),
            run_key="dead-000001",
        )
    )
    async with bench.running():
        await bench.until(lambda: "run-of-dead-000001" in bench.runs.published)
    assert "Plan version 1 of jpl" in bench.runs.published["run-of-dead-000001"]
    assert await world.store.ask(PlansWithoutRun(site_id=SiteId("jpl"))) == ()


async def test_pausing_the_planning_deployment_releases_cars_and_resuming_takes_them_back(
    bench: Bench,
) -> None:
    world = bench.world
    world.exchange.pages = [world.page([world.session(1, "tag-ada")])]
    async with bench.running():
        await bench.until(lambda: len(world.messenger.sent) == 1)
        await bench.request("r1", 10.0)
        await bench.until(lambda: _controlled(world) == ["S1"])
        bench.runs.paused_deployments.add("plan-site/plan-site")
        await bench.until(lambda: world.exchange.plans[-1].entries == [])
        bench.runs.paused_deployments.clear()
        await bench.until(lambda: _controlled(world) == ["S1"])


async def test_the_run_button_plans_even_when_nothing_is_open(bench: Bench) -> None:
    world = bench.world
    world.exchange.pages = [world.page([world.session(1, "tag-ada")])]
    async with bench.running():
        await bench.until(lambda: bool(world.exchange.plans))
        await asyncio.sleep(0.1)
        before = world.exchange.plans[-1].plan_version
        bench.runs.due_runs.append(
            DueRun(
                flow_run_id="pressed",
                deployment="plan-site/plan-site",
                parameters={"site_id": "jpl", "reason": "a look"},
            )
        )
        await bench.until(lambda: "pressed" in bench.runs.executed)
        await bench.until(lambda: world.exchange.plans[-1].plan_version > before)


@pytest.mark.invariant("I-13", "I-15")
async def test_with_the_server_away_everything_goes_on_and_the_runs_appear_afterwards(bench: Bench) -> None:
    world = bench.world
    bench.runs.state = "away"
    world.exchange.pages = [world.page([world.session(1, "tag-ada")])]
    async with bench.running():
        await bench.until(lambda: len(world.messenger.sent) == 1)
        await bench.request("r1", 10.0)
        await bench.until(lambda: _controlled(world) == ["S1"])
        assert bench.runs.filed == []
        bench.runs.state = "up"
        await bench.until(lambda: any("Plan version" in text for text in bench.runs.published.values()))
        async with asyncio.timeout(WITHIN_S):
            while (await world.store.ask(ReadCounts())).runs_unrecorded:
                await asyncio.sleep(0.02)


def _controlled(world: SmallWorld) -> list[str]:
    """The sessions that the newest plan at the exchange controls."""
    if not world.exchange.plans:
        return []
    return [entry.session_id for entry in world.exchange.plans[-1].entries if entry.controlled]


@pytest.mark.parametrize("turns", range(6))
async def test_a_loop_that_is_woken_as_it_is_told_to_end_ends(turns: int) -> None:
    event = asyncio.Event()
    loop = asyncio.create_task(engine._keep("plan", lambda: engine._woken(event, 10.0)))
    await asyncio.sleep(0.01)
    event.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    loop.cancel()
    await asyncio.wait({loop}, timeout=1.0)
    assert loop.cancelled()
