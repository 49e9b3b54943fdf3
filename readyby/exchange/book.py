"""The commands of a site on file, and their life (I-21): planned, sent, accepted, verified, or another end.

Each transition keeps what may be in force on file until something newer is proven, and notes a receipt.
Effects gather here until they are written down. Pure: no I/O, no clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from zlib import crc32

from readyby.contract import PlanProgress
from readyby.envelope import highest, span_us, us
from readyby.exchange.adapter import Capabilities
from readyby.exchange.commands import STOPS_AT_MOST, Command, EvseControl, Moment
from readyby.exchange.progress import OpenPlan, ProgressBook
from readyby.exchange.verify import BASE, Watch
from readyby.model import CommandState

TRAIL_KEPT = 6
RETRY_MS = 500
RETRY_MAX_MS = 30_000
VERDICT_WITHIN = timedelta(minutes=15)
"""Or as long as it takes a seldom meter to tell three times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A command reached a state: a receipt without its number."""

    command: Command
    moment: Moment
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Effects:
    """What to write down, all together, and then to send."""

    notes: list[Note] = field(default_factory=list)
    changed: dict[str, EvseControl] = field(default_factory=dict)
    progress: tuple[PlanProgress, ...] = ()
    open_plans: tuple[OpenPlan, ...] = ()
    sends: list[Command] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.notes or self.changed or self.progress or self.sends)


@dataclass(slots=True)
class Line:
    """The way to one EVSE: the command under way, and when to ask again after an unknown outcome."""

    calling: str | None = None
    tries: int = 0
    retry_at_ms: int = 0


def spread_ms(wait_ms: int, key: str) -> int:
    """A wait up to a quarter shorter, by its key: what failed together is not tried together again."""
    return wait_ms - crc32(key.encode()) % (wait_ms // 4 + 1)


class CommandBook:
    """What each EVSE of a site holds, may hold and shall hold; readings and calls of this run beside it.

    `waiting` are the EVSEs with something to be sent, `touched` those of which anything is new since the
    last look, and `is_recounted` says whether any of them counts with something else since.
    """

    def __init__(
        self, capabilities: Capabilities, controls: Iterable[EvseControl], open_plans: Iterable[OpenPlan] = ()
    ) -> None:
        self._lag_us = span_us(capabilities.step_lag)
        self._verdict_within = max(VERDICT_WITHIN, 3 * capabilities.meter_every + capabilities.settle)
        self._controls = {control.evse_id: control for control in controls}
        self._where = {
            command.command_id: control.evse_id
            for control in self._controls.values()
            for command in (*control.trail, *control.queue)
        }
        self.watches = {evse_id: Watch() for evse_id in self._controls}
        self.lines = {evse_id: Line() for evse_id in self._controls}
        self._calls: dict[str, str] = {}
        self._caps_kw: float | None = None
        self.progress = ProgressBook(open_plans)
        self.waiting = {control.evse_id for control in self._controls.values() if control.queue}
        self.touched = set(self._controls)
        self.is_recounted = True
        self._effects = Effects()

    @property
    def controls(self) -> Mapping[str, EvseControl]:
        return self._controls

    @property
    def caps_kw(self) -> float:
        """What all EVSEs together may draw when nothing is in force, in kW."""
        if self._caps_kw is None:
            self._caps_kw = sum(control.facts.standing_cap_kw for control in self._controls.values())
        return self._caps_kw

    def collect(self) -> Effects:
        """What came of everything since the last call."""
        effects, self._effects = self._effects, Effects()
        effects.progress = self.progress.collect()
        effects.open_plans = self.progress.plans
        return effects

    def put(self, control: EvseControl) -> EvseControl:
        """Keep what is on file for an EVSE."""
        before = self._controls.get(control.evse_id)
        if before is None or before.facts is not control.facts:
            self._caps_kw = None
        self.is_recounted |= before is None or before.counted != control.counted
        self.touched.add(control.evse_id)
        (self.waiting.add if control.queue else self.waiting.discard)(control.evse_id)
        self._controls[control.evse_id] = self._effects.changed[control.evse_id] = control
        self.watches.setdefault(control.evse_id, Watch())
        self.lines.setdefault(control.evse_id, Line())
        return control

    def note(self, command: Command, moment: Moment, reason: str = "") -> None:
        self._effects.notes.append(Note(command=command, moment=moment, reason=reason))

    def find(self, command_id: str) -> tuple[EvseControl, Command] | None:
        """A command that was sent and is not proven, with its EVSE."""
        control = self._controls.get(self._where.get(command_id, ""))
        for command in control.trail if control else ():
            if control and command.command_id == command_id:
                return control, command
        return None

    # --- on the way -----------------------------------------------------------------------------------

    def queue(self, control: EvseControl, commands: tuple[Command, ...]) -> None:
        """Let commands wait to be sent; their numbers are used up."""
        last = commands[-1]
        self._where.update((command.command_id, control.evse_id) for command in commands)
        self.put(replace(control, queue=commands, attempted_version=last.plan_version, attempts=last.attempt))

    def unqueue(self, control: EvseControl, moment: Moment) -> EvseControl:
        """Nobody wants what was waiting any more."""
        for command in control.queue:
            self._where.pop(command.command_id, None)
            self.note(replace(command, state=CommandState.SUPERSEDED), moment, "not wanted any more")
        return self.put(replace(control, queue=())) if control.queue else control

    def send(self, control: EvseControl, moment: Moment) -> None:
        """Send what waits first: from now on it may be in force, and what was sent before is superseded.

        Its past is left out: an EVSE whose clock is late would go through it.
        """
        command = replace(
            control.queue[0],
            state=CommandState.SENT,
            sent_at=moment.at,
            schedule=control.queue[0].schedule.since(us(moment.at)),
        )
        stops = command.schedule.at(us(moment.at)) <= 0 < control.held.at(us(moment.at))
        stopped_at = (*control.stopped_at, moment.at)[-STOPS_AT_MOST:] if stops else control.stopped_at
        trail = tuple(self._superseded(each, moment) for each in control.trail)
        doubts = control.doubts
        while len(trail) >= TRAIL_KEPT:
            self._where.pop(trail[0].command_id, None)
            doubts, trail = (highest(*doubts, trail[0].schedule),), trail[1:]
        self.put(
            replace(
                control,
                queue=control.queue[1:],
                trail=(*trail, command),
                doubts=doubts,
                must_resend=False,
                stopped_at=stopped_at,
            )
        )
        self.note(command, moment)
        self.lines[control.evse_id].tries = 0
        self.call(command)

    def _superseded(self, command: Command, moment: Moment) -> Command:
        if command.state.is_final:
            return command
        over = replace(command, state=CommandState.SUPERSEDED)
        self.note(over, moment, "a newer command was sent")
        return over

    def call(self, command: Command) -> None:
        """Have a command sent, or sent again."""
        self._calls[command.command_id] = command.evse_id
        self.lines[command.evse_id].calling = command.command_id
        self._effects.sends.append(command)

    def hang_up(self, command_id: str) -> None:
        """The call for a command has ended, also if its session did before."""
        evse_id = self._calls.pop(command_id, None)
        if evse_id is not None and self.lines[evse_id].calling == command_id:
            self.lines[evse_id].calling = None
            self.touched.add(evse_id)

    # --- verdicts -------------------------------------------------------------------------------------

    def accept(self, control: EvseControl, command: Command, moment: Moment, *, applied: bool) -> None:
        """The network took a command; `applied`: its device holds it."""
        changed = replace(
            command,
            accepted_at=command.accepted_at or moment.at,
            applied_at=command.applied_at or (moment.at if applied else None),
        )
        is_news = command.state in (CommandState.SENT, CommandState.UNKNOWN)
        if is_news:
            changed = replace(changed, state=CommandState.ACCEPTED)
            self.note(changed, moment)
            self.progress.settle(command, moment.machine_ms)
        if changed != command:
            self.put(control.with_sent(changed))

    def doubt(self, control: EvseControl, command: Command, reason: str, moment: Moment) -> None:
        """Nobody knows what became of a command."""
        self.put_off(control.evse_id, moment)
        unsure = replace(command, was_doubted=True)
        if command.state is CommandState.SENT:
            unsure = replace(unsure, state=CommandState.UNKNOWN)
            self.note(unsure, moment, reason)
        if unsure != command:
            self.put(control.with_sent(unsure))

    def put_off(self, evse_id: str, moment: Moment) -> None:
        """Ask an EVSE's network again only after a while, longer each time."""
        line = self.lines[evse_id]
        wait_ms = min(RETRY_MS * 2**line.tries, RETRY_MAX_MS)
        line.retry_at_ms = moment.machine_ms + spread_ms(wait_ms, f"{evse_id}/{line.tries}")
        line.tries = min(line.tries + 1, 10)

    def drop(
        self, control: EvseControl, command: Command, state: CommandState, reason: str, moment: Moment
    ) -> None:
        """A command came to nothing; it is not tried again before the next plan.

        Of one that was sent twice, only the last copy is surely not in force, so it stays on file. Where
        anything is without proof, nobody knows what is held: the next plan is sent whatever it wants.
        """
        control = replace(control, settled_version=max(control.settled_version, command.plan_version))
        if command.was_doubted:
            over = command if command.state.is_final else replace(command, state=state)
            control = replace(control.with_sent(over), must_resend=True)
        else:
            self._where.pop(command.command_id, None)
            trail = tuple(each for each in control.trail if each.command_id != command.command_id)
            control = replace(control, trail=trail, must_resend=control.must_resend or bool(trail))
        self.put(control)
        if not command.state.is_final:
            self._end(command, state, reason, moment)

    def prove(self, control: EvseControl, command: Command, moment: Moment) -> EvseControl:
        """A command is in force: nothing older is. It is verified if it is the newest."""
        index = [each.command_id for each in control.trail].index(command.command_id)
        for older in control.trail[: index + 1]:
            self._where.pop(older.command_id, None)
        if command.state is CommandState.ACCEPTED:
            command = replace(command, state=CommandState.VERIFIED)
            self.note(command, moment)
        self.watches[control.evse_id].forget(BASE)
        return self.put(replace(control, base_command=command, trail=control.trail[index + 1 :], doubts=()))

    def disprove(self, control: EvseControl, moment: Moment, reason: str) -> None:
        """An EVSE draws more than it may: it counts at its maximum until it shows that it obeys again.

        Where nothing was ordered it is ordered to its standing cap, so that there is a command to report on.
        """
        newest = control.newest
        judged = newest is not None and newest.state in (CommandState.ACCEPTED, CommandState.VERIFIED)
        unordered = newest is None
        control = replace(control, following=False, must_resend=control.must_resend or unordered)
        if judged and newest is not None:
            told = replace(newest, state=CommandState.NOT_FOLLOWED)
            self.note(told, moment, reason)
            control = control.with_sent(told) if control.trail else replace(control, base_command=told)
        if control != self._controls[control.evse_id]:
            watch = self.watches[control.evse_id]
            watch.held_back, watch.drew_since = 0, False
            self.put(control)

    # --- ends -----------------------------------------------------------------------------------------

    def expire(self, control: EvseControl, moment: Moment) -> None:
        """Leases end: what was not proven by then has expired, and nothing of it is in force any more.

        Where older commands without proof are left, nobody knows what is held: it is told anew.
        """

        def is_over(command: Command, lag_us: int) -> bool:
            return command.expires_at is not None and us(command.expires_at) + lag_us <= us(moment.at)

        control = self._give_up(control, moment)
        waiting = tuple(command for command in control.queue if not is_over(command, 0))
        trail = tuple(command for command in control.trail if not is_over(command, self._lag_us))
        for command in (*control.queue, *control.trail):
            if command not in waiting and command not in trail and not command.state.is_final:
                self._end(command, CommandState.EXPIRED, "its lease has ended", moment)
        base = control.base_command
        base = None if base and is_over(base, self._lag_us) else base
        for command in (*control.queue, *control.trail):
            if command not in waiting and command not in trail:
                self._where.pop(command.command_id, None)
        if (waiting, trail, base) != (control.queue, control.trail, control.base_command):
            self.put(
                replace(
                    control,
                    queue=waiting,
                    trail=trail,
                    base_command=base,
                    doubts=control.doubts if trail or base else (),
                    must_resend=control.must_resend or bool(trail and trail[-1].state.is_final),
                )
            )

    def _give_up(self, control: EvseControl, moment: Moment) -> EvseControl:
        """A command that meters could not judge in time ends without a verdict; it is sent anew.

        Not to an EVSE that disobeyed and whose car shows nothing since: its next command tells it again.
        """
        newest = control.newest
        if newest is None or newest.state is not CommandState.ACCEPTED or newest.accepted_at is None:
            return control
        if moment.at - newest.accepted_at <= self._verdict_within:
            return control
        self._end(newest, CommandState.EXPIRED, "no meter could judge it", moment)
        over = replace(newest, state=CommandState.EXPIRED)
        return self.put(replace(control.with_sent(over), must_resend=control.following))

    def end_session(self, control: EvseControl, moment: Moment) -> EvseControl:
        """A session's commands end with it; the EVSE is back at its standing cap.

        A call under way goes on: the next session's first command waits for its end.
        """
        for command in (*control.trail, *control.queue):
            if not command.state.is_final:
                self._end(command, CommandState.EXPIRED, "its session has ended", moment)
            self._where.pop(command.command_id, None)
        self.watches[control.evse_id].restart()
        line = self.lines[control.evse_id]
        line.tries = line.retry_at_ms = 0
        return self.put(control.without_session())

    def refuse(self, command: Command, state: CommandState, reason: str, moment: Moment) -> None:
        """A command that is never sent."""
        self.note(replace(command, state=state), moment, reason)

    def _end(self, command: Command, state: CommandState, reason: str, moment: Moment) -> None:
        self.note(replace(command, state=state), moment, reason)
        self.progress.settle(command, moment.machine_ms)
