"""An EVSE that falls silent is planned around, and planned again: store, planner, exchange and network."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

import readyby.exchange.service
from readyby.envelope import us
from readyby.errors import Unreachable
from readyby.exchange.native import NativeAdapter
from readyby.model import Channel, RequestId, RequestKind, SessionRef
from readyby.network.faults import Fault, FaultDesk, FaultKind
from readyby.network.network import Network
from readyby.planning.facade import plan_site
from readyby.store import api
from tasks.plan import envelope_of
from tests.exchange.test_loop import START, Core, running, site, visit
from tests.support.planning import sce, worst_case_kw
from tests.support.store_world import StoreWorld, person

SITE = site().site_id
EVENTS = "select kind, detail from planning_event where kind like 'evse_%' order by event_id"


class Planning:
    """Core as far as silence goes: the real store and the real planner, without their processes."""

    def __init__(self, core: Core) -> None:
        self.core, self.world, self.at, self.planned = core, StoreWorld(), 0, 0
        self.world.do(api.PutSite(site=site(limit_kw=16.0), at=START))
        people = tuple(person(f"T{n}", f"+1626555010{n}", consent_at=START) for n in range(4))
        self.world.do(api.ImportParticipants(rows=people, at=START))

    async def read(self) -> None:
        """Take in the feed, and plan where something calls for it."""
        answer = await self.core.http.get("/v1/feed", params={"after": self.at})
        now = self.core.clock.instant
        self.at = self.world.do(api.IngestPage(body=answer.content, received_at=now)).cursor
        self.world.do(api.MatchSessions(now=now))
        claim = self.world.do(api.ClaimWork(site_id=SITE, claim_id=f"c{self.planned}", owner="test", now=now))
        if claim:
            await self.plan(claim)

    async def plan(self, claim: api.Claim) -> None:
        self.planned += 1
        data = self.situation()
        outcome = plan_site(data, sce(), quick=True)
        assert worst_case_kw(data, outcome.entries) <= 16.0
        self.entries = {entry.evse_id: entry for entry in outcome.entries}
        version = self.world.do(
            api.RecordPlan(
                site_id=SITE,
                claim_id=claim.claim_id,
                made_at=data.now,
                reason="test",
                method=outcome.method,
                situation_json="{}",
                plan_json="{}",
                entries=outcome.entries,
                run_key=claim.claim_id,
            )
        )
        envelope = envelope_of(
            api.StoredPlan(
                site_id=SITE,
                plan_version=version,
                made_at=data.now,
                limit_kw=16.0,
                entries=outcome.entries,
            )
        )
        answer = await self.core.http.put("/v1/sites/garage/plan", json=envelope.model_dump(mode="json"))
        assert answer.status_code == 202

    def situation(self) -> api.SituationData:
        found: api.SituationData = self.world.ask(
            api.ReadSituation(site_id=SITE, now=self.core.clock.instant)
        )
        return found

    async def let(self, minutes: float) -> None:
        for _ in range(int(minutes * 2)):
            await self.core.let(0.5)
            await self.read()

    def ask(self, number: int, energy_kwh: float, hours: float) -> None:
        (row,) = self.world.rows(f"select session_ref from session where session_id = 'S{number}'")
        self.world.do(
            api.SubmitRequest(
                session_ref=SessionRef(row["session_ref"]),
                request_id=RequestId(f"r{number}"),
                kind=RequestKind.NEED,
                channel=Channel.PAGE,
                received_at=self.core.clock.instant,
                received_machine_ms=1,
                departure_at=self.core.clock.instant + timedelta(hours=hours),
                energy_need_kwh=energy_kwh,
            )
        )

    def events(self) -> list[tuple[str, str]]:
        return [(row["kind"], row["detail"]) for row in self.world.rows(EVENTS)]


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readyby.exchange.service, "MIN_POLL_S", 0.01)


def silent_from(minute: float, until: float) -> FaultDesk:
    gap = Fault(
        kind=FaultKind.METER_GAP,
        start_us=us(START + timedelta(minutes=minute)),
        end_us=us(START + timedelta(minutes=until)),
        evse_ids=frozenset({"E0"}),
    )
    return FaultDesk((gap,))


@pytest.mark.invariant("I-5", "I-3")
async def test_silence_is_planned_around_and_its_end_planned_again(tmp_path: Path) -> None:
    network = Network(site(limit_kw=16.0), [visit(0), visit(1)], start_at=START, faults=silent_from(10, 22))
    async with running(tmp_path, network) as core:
        planning = Planning(core)
        await planning.let(4)
        planning.ask(0, 20.0, 7.0)
        planning.ask(1, 40.0, 7.0)
        await planning.let(5)
        assert planning.situation().not_following == ()
        assert max(step.limit_kw for step in planning.entries["E1"].steps) > 6.0
        assert len(planning.entries["E0"].steps) > 1
        before = planning.planned

        await planning.let(8)
        assert planning.events() == [("evse_silent", "E0")]
        assert planning.planned == before + 1
        assert planning.situation().not_following == planning.situation().silent == ("E0",)
        (cap,) = planning.entries["E0"].steps
        assert cap.limit_kw == pytest.approx(1.248)
        assert "no word" in planning.entries["E0"].explanation["en"]

        await planning.let(8)
        assert planning.events() == [("evse_silent", "E0"), ("evse_heard_again", "E0")]
        assert planning.planned == before + 2
        assert planning.situation().not_following == ()
        assert len(planning.entries["E0"].steps) > 1


@pytest.mark.invariant("I-5")
async def test_a_restart_of_the_exchange_is_no_news_of_who_is_silent(tmp_path: Path) -> None:
    network = Network(site(), [visit(0), visit(1)], start_at=START, faults=silent_from(4, 600))
    async with running(tmp_path, network) as core:
        planning = Planning(core)
        await planning.let(12)
        assert planning.events() == [("evse_silent", "E0")]
        clock = core.clock.instant
    async with running(tmp_path, network) as core:
        core.clock.instant = clock
        planning.core = core
        await planning.let(8)
        assert planning.events() == [("evse_silent", "E0")]
        assert planning.situation().silent == ("E0",)


async def test_a_network_that_cannot_be_read_is_no_silence_of_its_evses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(site(), [visit(0), visit(1)], start_at=START)
    async with running(tmp_path, network) as core:
        planning = Planning(core)
        await planning.let(4)

        async def gone(*_: object) -> None:
            raise Unreachable("the network is away")

        with monkeypatch.context() as away:
            away.setattr(NativeAdapter, "pull", gone)
            for _ in range(30):
                core.clock.instant += timedelta(minutes=1)
                await asyncio.sleep(0.03)
                await planning.read()
            assert (await core.http.get("/v1/evses")).json()[0]["reachable"] is False
        await planning.let(6)
        assert planning.situation().silent == ()
        assert planning.events() == []
