"""From a plan to commands: what is wanted of each EVSE, and what of it has to be sent (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from zlib import crc32

from readyby.contract import PlanEntry, PlanEnvelope
from readyby.envelope import (
    Schedule,
    constant,
    eased,
    instant,
    lowest,
    merged,
    raises,
    same,
    schedule,
    span_us,
    until,
    us,
)
from readyby.errors import BadInput
from readyby.exchange.adapter import Capabilities, ClearScope, Control
from readyby.exchange.commands import STOPS_AT_MOST, Command, EvseControl, Wanted
from readyby.model import CommandState, Step

DOMAIN_SLACK_KW = 1e-6
RELEASED_FOR = timedelta(minutes=30)
RETOLD_EVERY = timedelta(minutes=15)
STOPS_WITHIN = timedelta(minutes=15)
NEARLY = 1.5
SPREAD_S = 30
"""Within so many seconds after the lag the EVSEs take a rise of the same instant."""


def check_plan(plan: PlanEnvelope, known: Mapping[str, EvseControl]) -> None:
    """Refuse a plan that cannot be meant.

    Raises:
        BadInput: an EVSE stands twice or is unknown at the site, or steps are out of order.
    """
    seen: set[str] = set()
    for entry in plan.entries:
        if entry.evse_id in seen:
            raise BadInput("entries.evse_id", entry.evse_id, "name each EVSE once")
        seen.add(entry.evse_id)
        if entry.evse_id not in known:
            raise BadInput("entries.evse_id", entry.evse_id, f"name an EVSE of site {plan.site_id}")
        starts = [step.start_at for step in entry.steps]
        if any(later <= earlier for earlier, later in pairwise(starts)):
            raise BadInput("entries.steps.start_at", entry.evse_id, "give the steps in order, each later")


def refusal(entry: PlanEntry, control: EvseControl, capabilities: Capabilities) -> str | None:
    """Why an entry cannot be carried out (I-4); None where it can."""
    facts = control.facts
    if control.session_id != entry.session_id:
        return f"session_id: {entry.session_id!r} is not at EVSE {entry.evse_id}: plan the session that is"
    if not facts.controlled:
        return f"evse_id: {entry.evse_id} takes no commands: leave it out of the plan"
    if len(entry.steps) > capabilities.max_steps:
        return f"steps: {len(entry.steps)} exceed the {capabilities.max_steps} it takes: merge equal steps"
    for step in entry.steps:
        if step.limit_kw > facts.max_kw + DOMAIN_SLACK_KW:
            return f"limit_kw: {step.limit_kw} is above its {facts.max_kw} kW: lower it"
        if 0 < step.limit_kw < facts.min_kw - DOMAIN_SLACK_KW:
            return f"limit_kw: {step.limit_kw} is between 0 and its least {facts.min_kw} kW: use one of both"
    return None


def rise_delay_us(evse_id: str, capabilities: Capabilities) -> int:
    """How much later than planned an EVSE takes its later rises: eased by the lag, and spread.

    The spread is always the same for an EVSE. Without it, a tariff's edge would start all cars of all
    sites in one second (I-7).
    """
    spread = timedelta(seconds=crc32(evse_id.encode()) % (SPREAD_S + 1))
    return span_us(capabilities.step_lag + spread)


def wanted_by(
    entry: PlanEntry, plan_version: int, control: EvseControl, capabilities: Capabilities, now: datetime
) -> Wanted:
    """What an entry wants of its EVSE, as it will be sent: in whole quanta, later rises delayed."""
    facts = control.facts
    steps = (Step(step.start_at, min(step.limit_kw, facts.max_kw)) for step in entry.steps)
    planned = schedule(steps, entry.expires_at, facts.standing_cap_kw).floored(facts.quantum_kw)
    delay_us = rise_delay_us(entry.evse_id, capabilities)
    return Wanted(
        plan_version=plan_version,
        session_id=entry.session_id,
        schedule=_left_to_rise(control, eased(planned, delay_us), us(now), delay_us),
        expires_at=entry.expires_at,
        controlled=entry.controlled,
    )


def _left_to_rise(control: EvseControl, wanted: Schedule, now_us: int, delay_us: int) -> Schedule:
    """What is wanted, where the EVSE is about to rise nearly so far by itself: from then on.

    Each slot begins with a plan; telling it at once would undo the spread. Who is to have much more than
    was planned gets it now: there a driver may wait.
    """
    held = control.held
    edge_us = held.next_edge_us(now_us)
    if edge_us is None or edge_us > now_us + delay_us:
        return wanted
    if not held.at(now_us) < wanted.at(now_us) <= NEARLY * held.at(edge_us):
        return wanted
    return lowest(wanted, merged([(0, held.at(now_us)), (edge_us, control.facts.max_kw)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an EVSE should hold from now on; no end means: released."""

    schedule: Schedule
    expires_at: datetime | None


def target(control: EvseControl, capabilities: Capabilities, now: datetime) -> Target:
    """What is wanted, in the portion that the network can carry: all of it, or its running step."""
    wanted = control.wanted
    if wanted is None or wanted.expires_at <= now:
        by_setpoint = capabilities.clear_scope is ClearScope.STATION
        return Target(schedule=control.cap, expires_at=now + RELEASED_FOR if by_setpoint else None)
    if capabilities.control is Control.SEQUENCE:
        return Target(schedule=wanted.schedule, expires_at=wanted.expires_at)
    later = [start for start in wanted.schedule.starts_us if start > us(now)]
    step_end = instant(later[0]) if later else wanted.expires_at
    ends_at = min(step_end + capabilities.step_overlap, wanted.expires_at)
    step = until(constant(wanted.schedule.at(us(now))), us(ends_at), control.facts.standing_cap_kw)
    return Target(schedule=step, expires_at=ends_at)


def is_due(control: EvseControl, aim: Target, plan_version: int, now: datetime) -> bool:
    """Whether what the EVSE holds differs from its aim, or its lease is half over (I-6)."""
    held, newest, now_us = control.held, control.newest, us(now)
    if control.session_id is None or not control.facts.controlled or control.settled_version >= plan_version:
        return False
    if control.must_resend or _was_ignored(control, now):
        return True
    if same(held, aim.schedule, now_us):
        return False
    if newest is None or newest.expires_at is None or aim.expires_at is None:
        return True
    if newest.expires_at >= aim.expires_at or not same(held, aim.schedule, now_us, us(newest.expires_at)):
        return True
    renewal_at = newest.renewal_due_at()
    return renewal_at is None or now >= renewal_at


def next_change_us(
    control: EvseControl, aim: Target, capabilities: Capabilities, now: datetime
) -> int | None:
    """The first instant after now from which `target` and `is_due` may change by time alone; None: never."""
    if control.session_id is None:
        return None
    now_us, wanted, newest = us(now), control.wanted, control.newest
    ceilings = [control.held, aim.schedule, *((wanted.schedule,) if wanted else ())]
    instants = [wanted.expires_at if wanted else None]
    if newest is not None:
        instants += [newest.expires_at, newest.renewal_due_at()]
        instants += [newest.sent_at + RETOLD_EVERY] if newest.sent_at else []
        if newest.expires_at and capabilities.clear_scope is ClearScope.STATION:
            instants.append(newest.expires_at - RELEASED_FOR)
    instants.append(rests_until(control))
    edges = [us(each) for each in instants if each is not None]
    edges += [edge for edge in (ceiling.next_edge_us(now_us) for ceiling in ceilings) if edge is not None]
    return min((edge for edge in edges if edge > now_us), default=None)


def rests_until(control: EvseControl) -> datetime | None:
    """Until when a car that was stopped too often stays stopped: contactors wear, and cars give up.

    Stopping is never put off. Whoever stops once or twice, and goes on, is not held up.
    """
    stops = control.stopped_at
    return stops[-STOPS_AT_MOST] + STOPS_WITHIN if len(stops) >= STOPS_AT_MOST else None


def is_resting(control: EvseControl, command: Command, now: datetime) -> bool:
    """Whether a command would start a car that has to stay stopped for a while.

    Only plans flap: who charges as usual, or at once because the driver said so, is not held up.
    """
    planned = control.wanted is not None and control.wanted.controlled and not command.is_release
    until = rests_until(control) if planned else None
    starts = control.held.at(us(now)) <= 0 < command.schedule.at(us(now))
    return starts and until is not None and now < until


def _was_ignored(control: EvseControl, now: datetime) -> bool:
    """Who did not follow is told again now and then: it may have lost the command, and obey the next."""
    newest = control.newest
    told_at = newest.sent_at if newest and newest.state is CommandState.NOT_FOLLOWED else None
    return told_at is not None and now >= told_at + RETOLD_EVERY


def is_queued(control: EvseControl, aim: Target, plan_version: int) -> bool:
    """Whether what waits to be sent is what is aimed at, for the same plan version."""
    last = control.queue[-1] if control.queue else None
    if last is None or last.plan_version != plan_version:
        return False
    return last.schedule == aim.schedule and last.is_release == (aim.expires_at is None)


def command_for(control: EvseControl, session_id: str, aim: Target, plan_version: int) -> Command:
    """The command that brings an EVSE to its aim, under the next number of the plan version."""
    attempt = control.attempts + 1 if control.attempted_version == plan_version else 1
    return Command(
        command_id=command_id(control, plan_version, attempt),
        plan_version=plan_version,
        attempt=attempt,
        evse_id=control.evse_id,
        session_id=session_id,
        wave=1,
        schedule=aim.schedule,
        expires_at=aim.expires_at,
    )


def command_id(control: EvseControl, plan_version: int, attempt: int) -> str:
    """A command's name: the same attempt for the same plan version has the same name after any crash."""
    return f"{control.facts.site_id}.{plan_version}.{control.evse_id}.{attempt}"


def parts(command: Command, control: EvseControl, now: datetime, lag_us: int) -> tuple[Command, ...]:
    """A command whose rises must wait, preceded by its falls alone where it has any.

    Two EVSEs that exchange power over time each rise when the other falls: neither could start otherwise.
    """
    waiting = replace(command, wave=2)
    if command.expires_at is None:
        return (waiting,)
    now_us = us(now)
    worst = control.exposure().worst(lag_us)
    falls = lowest(control.held, command.schedule)
    falls = until(falls, us(command.expires_at), command.schedule.limits_kw[-1]).since(now_us)
    if not raises(worst, lowest(worst, command.schedule), now_us) or same(falls, control.held, now_us):
        return (waiting,)
    number = command.attempt + 1
    rest = replace(waiting, attempt=number, command_id=command_id(control, command.plan_version, number))
    return (replace(command, schedule=falls, is_first_part=True), rest)


def in_order(plan: PlanEnvelope) -> tuple[PlanEntry, ...]:
    """The entries by EVSE: the same plan gives the same commands, however it is written."""
    return tuple(sorted(plan.entries, key=lambda entry: entry.evse_id))
