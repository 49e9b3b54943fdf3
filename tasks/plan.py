"""Values -> Plan, and the Plan on record and on its way."""

import secrets
from collections import Counter
from dataclasses import replace

from readyby import wiring
from readyby.circuits import Tree, tree_of
from readyby.clocks import machine_ms
from readyby.contract import PlanEntry, PlanEnvelope, PlanStep, SiteTree
from readyby.errors import Transient
from readyby.model import Site, SiteId
from readyby.outlook import site_limits
from readyby.outlook_files import outlook_of
from readyby.plan_table import plan_table
from readyby.planning.outcome import PlanOutcome
from readyby.planning.situation import EventKind, ahead_of
from readyby.runs.lane import RunReport, current_ticket
from readyby.runs.log import complain, say
from readyby.store.api import (
    AddEvent,
    Claim,
    ClaimWork,
    MarkDispatched,
    ReadSituation,
    RecordPlan,
    SituationData,
    StoredPlan,
    UndispatchedPlan,
)
from readyby.tariff_files import tariff_of
from tasks.policy import act

_CAREFUL = ("slot", "operator", "grid_event")
"""Events that call for a careful plan, which may change what cars do: they wait until drivers have theirs."""


@act()
async def ask_for_plan(site_id: str, reason: str) -> None:
    """Put an operator's wish for a new plan into the site's queue."""
    here = wiring.current()
    event = AddEvent(site_id=SiteId(site_id), kind="operator", detail=reason, at=here.clock.now())
    await here.store.do(event)


@act()
async def claim_work(site_id: str) -> Claim:
    """Take the open requests and events of the site under one claim; drivers come first."""
    here = wiring.current()
    ticket = current_ticket()
    claim = await here.store.do(
        ClaimWork(
            site_id=SiteId(site_id),
            claim_id=secrets.token_hex(8),
            owner=ticket.key if ticket else "worker",
            now=here.clock.now(),
            leave_beside_requests=_CAREFUL,
        )
    )
    if claim:
        say(f"claimed {_kinds(claim)}")
    return claim


@act()
async def read_situation(site_id: str) -> SituationData:
    """Store -> value: everything that the planner has to know of the site, now."""
    here = wiring.current()
    situation = await here.store.ask(ReadSituation(site_id=SiteId(site_id), now=here.clock.now()))
    site, settings = situation.site, here.settings
    outlook = outlook_of(site, settings.data_dir, settings.emissions_region, situation.now)
    if site.co2_usd_per_kg > 0 and not outlook.co2_kg_per_kwh:
        say(f"no CO2 signal of region {settings.emissions_region!r} for the next days: CO2 is not counted")
    return replace(situation, outlook=outlook)


@act(attempts=2, timeout_s=60.0)
async def optimize(situation: SituationData, claim: Claim) -> PlanOutcome:
    """The plan of all sessions; where the optimizer cannot answer, its fallback says so on the plan.

    Where a driver asks, or a car comes or goes, the plan is quick: what the others do stays.
    """
    here = wiring.current()
    tariff = tariff_of(situation.site, here.settings.data_dir)
    kinds = {event.partition(":")[0] for event in claim.events}
    outcome = await here.planner(situation, tariff, kinds.isdisjoint(_CAREFUL))
    say(f"{outcome.method}: {outcome.reason}")
    if outcome.error:
        complain(f"the planner failed, and a safe plan goes out instead: {outcome.error}")
    return outcome


@act()
async def record_plan(claim: Claim, situation: SituationData, outcome: PlanOutcome) -> StoredPlan:
    """Keep the plan as the site's next version, with its inputs, before anything is sent."""
    here = wiring.current()
    ticket = current_ticket()
    site = situation.site
    version = await here.store.do(
        RecordPlan(
            site_id=site.site_id,
            claim_id=claim.claim_id,
            made_at=situation.now,
            reason=_kinds(claim),
            method=outcome.method,
            situation_json=outcome.situation_json,
            plan_json=outcome.plan_json,
            entries=outcome.entries,
            run_key=ticket.key if ticket else claim.claim_id,
            start=outcome.start,
            tree=_tree(situation),
        )
    )
    say(f"plan version {version} recorded: {len(outcome.entries)} sessions")
    return StoredPlan(
        site_id=site.site_id,
        plan_version=version,
        made_at=situation.now,
        limit_kw=site.limit_kw,
        entries=outcome.entries,
        tree=_tree(situation),
    )


@act(attempts=2, timeout_s=15.0)
async def dispatch_plan(plan: StoredPlan) -> None:
    """Hand the complete plan version to the exchange, which stores it and carries it out."""
    here = wiring.current()
    taken = await here.exchange.put_plan(envelope_of(plan))
    await here.store.do(
        MarkDispatched(
            site_id=plan.site_id,
            plan_version=plan.plan_version,
            at=here.clock.now(),
            machine_ms=machine_ms(),
        )
    )
    say(f"plan version {plan.plan_version} at the exchange: {taken.commands} commands")


async def send_plan(plan: StoredPlan) -> None:
    """Dispatch a plan; with the exchange away it stays on record and is sent as soon as it answers."""
    try:
        await dispatch_plan(plan)
    except Transient as error:
        say(f"plan version {plan.plan_version} waits for the exchange: {error}")


@act()
async def unconfirmed_plan(site_id: str) -> StoredPlan | None:
    """The newest plan version, if the exchange has not confirmed it."""
    return await wiring.current().store.ask(UndispatchedPlan(site_id=SiteId(site_id)))


def report_plans(made: list[tuple[StoredPlan, PlanOutcome, Site]]) -> RunReport:
    """The run's summary, with each plan version as a table in the site's time."""
    versions = tuple(int(plan.plan_version) for plan, _, _ in made)
    return RunReport(
        summary=f"plan versions {', '.join(map(str, versions)) or 'none'}",
        plan_versions=versions,
        markdown="\n\n".join(
            plan_table(plan, outcome.method, outcome.reason, site.time_zone) for plan, outcome, site in made
        ),
    )


def _tree(situation: SituationData) -> Tree:
    """What the exchange keeps beside the site's limit: circuits, caps, and what the building leaves."""
    caps = [
        (event.name, event.interval, event.level_kw)
        for event in ahead_of(situation.grid_events)
        if event.kind is EventKind.CAP
    ]
    site, building_kw = situation.site, situation.outlook.building_kw
    return tree_of(site, site_limits(site.limit_kw, building_kw, caps, situation.now))


def _kinds(claim: Claim) -> str:
    kinds = Counter(event.partition(":")[0] for event in claim.events)
    if claim.request_ids:
        kinds["request"] = len(claim.request_ids)
    return ", ".join(f"{kind} x{count}" if count > 1 else kind for kind, count in sorted(kinds.items()))


def envelope_of(plan: StoredPlan) -> PlanEnvelope:
    """A plan as it leaves for the exchange."""
    return PlanEnvelope(
        plan_version=plan.plan_version,
        site_id=plan.site_id,
        issued_at=plan.made_at,
        limit_kw=plan.limit_kw,
        tree=SiteTree.of(plan.tree),
        entries=[
            PlanEntry(
                session_id=entry.session_id,
                evse_id=entry.evse_id,
                controlled=entry.controlled,
                steps=[PlanStep(start_at=step.start_at, limit_kw=step.limit_kw) for step in entry.steps],
                expires_at=entry.expires_at,
            )
            for entry in plan.entries
        ],
    )
