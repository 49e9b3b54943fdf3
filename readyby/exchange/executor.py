"""Carries plans out, one site each: what to send when, and what became of it. No I/O, no clock.

Everything that happens is told to it, with the moment; `collect` then says what to write down, and what to
send once that is written. Wishes are held against what each EVSE holds again and again (`Steering`), so
a lost command, a lease half over and a new plan are the same case. A command leaves only while everything
that may be in force stays within the limit: so a rise waits until the falls that it needs are verified (I-1,
I-2).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from readyby.contract import EvseState, PlanEntry, PlanEnvelope, PlanProgress, SessionRecord
from readyby.envelope import constant, us
from readyby.exchange.adapter import Ack, Active, Capabilities, EvseFacts, Readback, Verdict, Word
from readyby.exchange.book import CommandBook, Effects
from readyby.exchange.commands import Command, EvseControl, Moment
from readyby.exchange.diff import (
    check_plan,
    command_id,
    in_order,
    is_resting,
    refusal,
    wanted_by,
)
from readyby.exchange.guard import Freshness, Guard
from readyby.exchange.progress import OpenPlan
from readyby.exchange.steering import Steering
from readyby.exchange.verify import Finding, Reading, judge, may_have_lost
from readyby.model import CommandState, SessionStatus

FUTURE_TOLERATED = timedelta(minutes=10)


class SiteExecutor:
    """Holds what is on file for the EVSEs of one site, and drives it towards the newest plan."""

    def __init__(
        self,
        site_id: str,
        capabilities: Capabilities,
        controls: Iterable[EvseControl],
        *,
        plan_version: int = 0,
        limit_kw: float | None = None,
        open_plans: Iterable[OpenPlan] = (),
        freshness: Freshness | None = None,
    ) -> None:
        self.site_id = site_id
        self.plan_version = plan_version
        self._capabilities = capabilities
        self._book = CommandBook(capabilities, controls, open_plans)
        self._guard = Guard(self._book, capabilities.step_lag, freshness or Freshness())
        self._guard.limit_kw = limit_kw
        self._steering = Steering(self._book, self._guard, capabilities)
        self._recheck: set[str] = set()

    @property
    def controls(self) -> Mapping[str, EvseControl]:
        return self._book.controls

    def collect(self) -> Effects:
        """What came of everything told since the last call."""
        return self._book.collect()

    # --- what happens ---------------------------------------------------------------------------------

    def learn_evses(self, facts: Iterable[EvseFacts]) -> None:
        """The network described its EVSEs (again): facts change, what is held stays."""
        for fact in facts:
            known = self.controls.get(fact.evse_id)
            if known is None:
                self._book.put(EvseControl(facts=fact))
            elif known.facts != fact:
                self._book.put(replace(known, facts=fact))

    def take_plan(self, plan: PlanEnvelope, moment: Moment) -> int:
        """Make a newer plan version the one to carry out; how many commands it needs.

        Raises:
            BadInput: the plan cannot be meant (an EVSE twice or unknown, steps out of order).
        """
        check_plan(plan, self.controls)
        self.plan_version, self._guard.limit_kw = plan.plan_version, plan.limit_kw
        entries = {entry.evse_id: entry for entry in in_order(plan)}
        refused = sum(
            self._want(control, entries.get(control.evse_id), moment)
            for control in list(self.controls.values())
        )
        made = self._steering.reconcile_all(self.plan_version, moment)
        self._begin_progress(moment)
        self._steering.release_all(moment)
        self._announce(made, moment)
        return len(made) + refused

    def note_sessions(
        self, records: Iterable[SessionRecord], moment: Moment, *, unsure: bool = False
    ) -> None:
        """Sessions began, changed or ended; in any order, some twice.

        `unsure`: nothing is on file from before, so what is active may hold anything.
        """
        for record in sorted(records, key=lambda record: record.last_updated):
            control = self.controls.get(record.evse_id)
            if control is None:
                continue
            if record.status is not SessionStatus.ACTIVE:
                if record.session_id == control.session_id:
                    self._book.end_session(control, moment)
            elif record.session_id != control.session_id:
                self._begin_session(control, record, moment, unsure=unsure)
        self._look_at_all(moment)

    def note_readings(self, readings: Iterable[Reading], moment: Moment) -> None:
        """Meters were read: commands are verified, disobedience and its end are found."""
        for reading in sorted(readings, key=lambda reading: reading.measured_at):
            control = self.controls.get(reading.evse_id)
            if control is None or control.session_id != reading.session_id:
                continue
            watch = self._book.watches[reading.evse_id]
            if watch.measured_at is not None and reading.measured_at <= watch.measured_at:
                continue
            if reading.measured_at <= moment.at + FUTURE_TOLERATED:
                self._conclude(control, judge(control, watch, reading, self._capabilities), reading, moment)
        self._look_at_all(moment)

    def note_answers(self, words: Sequence[Word], moment: Moment) -> None:
        """Calls ended with these words."""
        for word in words:
            self._book.hang_up(word.command_id)
        self.note_words(words, moment)

    def note_words(self, words: Iterable[Word], moment: Moment) -> None:
        """The network said what became of commands; repeated, late and unknown words change nothing."""
        for word in words:
            if (found := self._book.find(word.command_id)) is not None:
                self._note_word(*found, word, moment)
        self._announce(self._steering.look(self.plan_version, moment), moment)

    def note_unknown(self, command_ids: Iterable[str], reason: str, moment: Moment) -> None:
        """Calls ended without an answer: the commands may be in force."""
        for name in command_ids:
            self._book.hang_up(name)
            if (found := self._book.find(name)) is not None:
                self._book.doubt(*found, reason, moment)
        self._announce(self._steering.look(self.plan_version, moment), moment)

    def note_failed(self, command_ids: Iterable[str], reason: str, moment: Moment) -> None:
        """Calls were refused for good: the commands are not in force."""
        for name in command_ids:
            self._book.hang_up(name)
            if (found := self._book.find(name)) is not None:
                self._book.drop(*found, CommandState.FAILED, reason, moment)
        self._announce(self._steering.look(self.plan_version, moment), moment)

    def note_restart(self) -> None:
        """The network may have forgotten commands: each EVSE is held against its word."""
        self._recheck |= {control.evse_id for control in self.controls.values() if control.newest}

    def note_active(self, actives: Iterable[Active], moment: Moment) -> None:
        """The network said what EVSEs hold: what is not there is sent again, under the same id."""
        for active in actives:
            control = self.controls.get(active.evse_id)
            if control is None or not self._is_unclear(control, moment):
                continue
            self._recheck.discard(active.evse_id)
            self._book.watches[active.evse_id].asked_at = moment.at
            newest = control.newest
            if newest is None:
                if active.command_id is None and control.doubts:
                    self._book.put(replace(control, doubts=(), must_resend=False))
                continue
            if active.command_id != newest.command_id:
                self._send_again(control, newest)
            elif control.trail:
                self._book.accept(control, newest, moment, applied=True)
        self._look_at_all(moment)

    def note_unread(self, evse_ids: Iterable[str], moment: Moment) -> None:
        """The network did not say what EVSEs hold, as where a station is away: they are asked later."""
        for evse_id in evse_ids:
            self._book.put_off(evse_id, moment)

    def tick(self, moment: Moment, as_of: datetime | None) -> None:
        """Time went by; `as_of` is up to when the network has been read."""
        self._guard.as_of = as_of
        self._guard.watching_since = self._guard.watching_since or moment.at
        for control in list(self.controls.values()):
            self._book.expire(control, moment)
        self._look_at_all(moment)

    def recover(self, moment: Moment) -> None:
        """After a restart: what was on its way has an unknown outcome, and is asked for at once."""
        for control in list(self.controls.values()):
            for command in control.trail:
                if command.state is CommandState.SENT:
                    self._book.doubt(control, command, "the exchange was restarted", moment)
                    self._book.lines[control.evse_id].retry_at_ms = 0

    # --- what is known --------------------------------------------------------------------------------

    def unclear(self, moment: Moment) -> tuple[str, ...]:
        """EVSEs whose network has to be asked what they hold."""
        return tuple(
            evse_id for evse_id, control in self.controls.items() if self._is_unclear(control, moment)
        )

    def unheard(self, now: datetime) -> tuple[tuple[str, str | None], ...]:
        """EVSEs with a car that were not heard of for too long, each with its session."""
        return tuple(
            (evse_id, control.session_id)
            for evse_id, control in self.controls.items()
            if not self._guard.is_heard(control, now)
        )

    def unread(self) -> tuple[str, ...]:
        """EVSEs with a car of which no meter value was believed yet, since this run or the session began."""
        return tuple(
            evse_id
            for evse_id, control in self.controls.items()
            if control.session_id is not None and self._book.watches[evse_id].measured_at is None
        )

    def drawing_less(self) -> tuple[EvseControl, ...]:
        """EVSEs that draw well below what they were told: a small car, fewer phases, or another's limit."""
        return tuple(
            control for evse_id, control in self.controls.items() if self._book.watches[evse_id].draws_less
        )

    def known_command(self, command_id: str) -> tuple[EvseControl, Command] | None:
        """A command that was sent and is not proven, with its EVSE."""
        return self._book.find(command_id)

    def states(self, now: datetime) -> list[EvseState]:
        """What is known of each EVSE now."""
        return [self._state(control, now) for control in self.controls.values()]

    def _state(self, control: EvseControl, now: datetime) -> EvseState:
        watch, newest = self._book.watches[control.evse_id], control.newest
        return EvseState(
            evse_id=control.evse_id,
            site_id=self.site_id,
            session_id=control.session_id,
            reachable=self._guard.is_heard(control, now),
            following=control.following,
            controlled=control.facts.controlled,
            standing_cap_kw=control.facts.standing_cap_kw,
            max_kw=control.facts.max_kw,
            setpoint_kw=newest.schedule.at(us(now)) if newest else None,
            verified_kw=control.base_command.schedule.at(us(now)) if control.base_command else None,
            worst_case_kw=self._guard.worst_kw(control, now),
            power_kw=watch.power_kw,
            measured_at=watch.measured_at,
            learned_max_kw=watch.learned_max_kw,
            command_state=newest.state if newest else None,
            cap_held_by=control.facts.cap_held_by,
        )

    def _is_unclear(self, control: EvseControl, moment: Moment) -> bool:
        line, newest = self._book.lines[control.evse_id], control.newest
        if line.calling is not None or moment.machine_ms < line.retry_at_ms:
            return False
        if newest is None:
            return control.evse_id in self._recheck
        if control.evse_id in self._recheck or newest.state is CommandState.UNKNOWN:
            return True
        if newest.state is CommandState.VERIFIED and self._capabilities.readback is not Readback.NONE:
            return may_have_lost(self._book.watches[control.evse_id], moment.at)
        return (
            self._capabilities.ack is Ack.ASYNC
            and newest.state is CommandState.ACCEPTED
            and newest.applied_at is None
            and newest.accepted_at is not None
            and moment.at - newest.accepted_at > self._capabilities.ack_within
        )

    # --- plans ----------------------------------------------------------------------------------------

    def _want(self, control: EvseControl, entry: PlanEntry | None, moment: Moment) -> bool:
        """Set what is wanted of one EVSE; whether its entry was refused."""
        reason = refusal(entry, control, self._capabilities) if entry else None
        wanted = None
        if entry is not None and reason is None:
            wanted = wanted_by(entry, self.plan_version, control, self._capabilities, moment.at)
        if wanted != control.wanted:
            control = self._book.put(replace(control, wanted=wanted))
        if entry is None or reason is None:
            return False
        gone = control.session_id != entry.session_id
        command = Command(
            command_id=command_id(control, self.plan_version, 0),
            plan_version=self.plan_version,
            attempt=0,
            evse_id=entry.evse_id,
            session_id=entry.session_id,
            wave=1,
            schedule=wanted_by(entry, self.plan_version, control, self._capabilities, moment.at).schedule,
            expires_at=entry.expires_at,
        )
        state = CommandState.EXPIRED if gone else CommandState.REJECTED
        self._book.refuse(command, state, reason, moment)
        return True

    def _begin_progress(self, moment: Moment) -> None:
        waiting = {control.evse_id: _next(control) for control in self.controls.values() if _is_open(control)}
        self._book.progress.begin(
            PlanProgress(
                plan_version=self.plan_version, site_id=self.site_id, taken_machine_ms=moment.machine_ms
            ),
            {
                evse_id: command.plan_version
                for evse_id, command in waiting.items()
                if command.wave == 1 and not is_resting(self.controls[evse_id], command, moment.at)
            },
            {evse_id: command.plan_version for evse_id, command in waiting.items()},
            moment.machine_ms,
        )

    def _announce(self, made: Iterable[str], moment: Moment) -> None:
        for evse_id in made:
            for command in self.controls[evse_id].queue:
                self._book.note(command, moment)

    def _look_at_all(self, moment: Moment) -> None:
        self._announce(self._steering.look_at_all(self.plan_version, moment), moment)

    # --- what was found -------------------------------------------------------------------------------

    def _begin_session(
        self, control: EvseControl, record: SessionRecord, moment: Moment, *, unsure: bool
    ) -> None:
        newest_at = control.session_started_at or record.started_at
        if record.session_id == control.ended_session_id or record.started_at < newest_at:
            return
        if control.session_id is not None:
            if record.started_at == newest_at:
                return
            control = self._book.end_session(control, moment)
        control = replace(control, session_id=record.session_id, session_started_at=record.started_at)
        if unsure and control.facts.controlled:
            control = replace(control, doubts=(constant(control.facts.max_kw),), must_resend=True)
            if self._capabilities.readback is not Readback.NONE:
                self._recheck.add(control.evse_id)
        self._book.put(control)
        self._book.watches[control.evse_id].restart()

    def _note_word(self, control: EvseControl, command: Command, word: Word, moment: Moment) -> None:
        if word.verdict in (Verdict.ACCEPTED, Verdict.APPLIED):
            self._book.accept(control, command, moment, applied=word.verdict is Verdict.APPLIED)
        elif word.verdict is Verdict.REJECTED:
            self._book.drop(control, command, CommandState.REJECTED, word.reason, moment)
        elif word.verdict is Verdict.GONE:
            self._book.drop(control, command, CommandState.EXPIRED, "its session has ended", moment)
        else:
            self._book.doubt(control, command, word.reason or "asked too often", moment)
            line = self._book.lines[control.evse_id]
            wait_ms = int(1000 * (word.retry_after_s or 0))
            line.retry_at_ms = max(line.retry_at_ms, moment.machine_ms + wait_ms)

    def _send_again(self, control: EvseControl, newest: Command) -> None:
        """The same command again if its fate is open, else a new one."""
        if newest.state.is_final:
            self._book.put(replace(control, must_resend=True))
            return
        doubted = replace(newest, was_doubted=True)
        self._book.put(control.with_sent(doubted))
        self._book.call(doubted)

    def _conclude(self, control: EvseControl, finding: Finding, reading: Reading, moment: Moment) -> None:
        if finding.obeys_again:
            told = finding.proven is not None and finding.proven.state is CommandState.ACCEPTED
            lost = control.newest is not None and not told
            control = self._book.put(replace(control, following=True, must_resend=lost))
        if finding.proven is not None:
            control = self._book.prove(control, finding.proven, moment)
        if finding.disobeys:
            self._book.disprove(control, moment, f"draws {reading.power_kw:.2f} kW")


def _next(control: EvseControl) -> Command:
    return control.queue[0] if control.queue else control.trail[-1]


def _is_open(control: EvseControl) -> bool:
    under_way = (CommandState.SENT, CommandState.UNKNOWN)
    return bool(control.queue) or bool(control.trail and control.trail[-1].state in under_way)
