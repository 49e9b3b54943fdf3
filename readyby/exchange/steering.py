"""Drives what the EVSEs of a site hold towards what is wanted: what to queue, what of it to send now (pure).

After a plan, a delivery of the network or a tick every EVSE is looked at. After an answer to a command only
those are of which something is new, and what waits on them: a plan may have a thousand answers in a second.
Both say the same (a law in tests/exchange/test_executor_laws.py), since nothing else can have changed before
`_again_us`, the next instant from which time by itself may change something.
"""

from collections.abc import Collection
from typing import Final

from readyby.envelope import span_us, us
from readyby.exchange.adapter import Capabilities
from readyby.exchange.book import CommandBook
from readyby.exchange.commands import Command, Moment
from readyby.exchange.diff import (
    command_for,
    is_due,
    is_queued,
    is_resting,
    next_change_us,
    parts,
    target,
)
from readyby.exchange.guard import Guard, Worst

NEVER_US: Final = 2**63 - 1


class Steering:
    """Looks at the commands of one site, and sends those that may leave."""

    def __init__(self, book: CommandBook, guard: Guard, capabilities: Capabilities) -> None:
        self._book, self._guard, self._capabilities = book, guard, capabilities
        self._lag_us = span_us(capabilities.step_lag)
        self._again_us = 0
        self._envelope: Worst | None = None

    def look_at_all(self, plan_version: int, moment: Moment) -> list[str]:
        """Look at every EVSE; those that got a new command."""
        made = self.reconcile_all(plan_version, moment)
        self.release_all(moment)
        return made

    def look(self, plan_version: int, moment: Moment) -> list[str]:
        """Look at what is new since the last look; the EVSEs that got a new command."""
        if us(moment.at) >= self._again_us:
            return self.look_at_all(plan_version, moment)
        touched, self._book.touched = self._book.touched, set()
        made = self._reconcile(touched, plan_version, moment)
        self._release({*touched, *made}, moment)
        return made

    # --- what to queue --------------------------------------------------------------------------------

    def reconcile_all(self, plan_version: int, moment: Moment) -> list[str]:
        """Queue a command wherever what is held is not what is wanted; the EVSEs that got a new one."""
        self._book.touched = set()
        self._again_us = NEVER_US
        return self._reconcile(self._book.controls, plan_version, moment)

    def _reconcile(self, among: Collection[str], plan_version: int, moment: Moment) -> list[str]:
        new: list[Command] = []
        for control in [self._book.controls[evse_id] for evse_id in self._in_order(among)]:
            aim = target(control, self._capabilities, moment.at)
            due = is_due(control, aim, plan_version, moment.at)
            self._look_again(next_change_us(control, aim, self._capabilities, moment.at))
            if due and is_queued(control, aim, plan_version):
                continue
            cleared = self._book.unqueue(control, moment)
            if due and control.session_id is not None:
                new.append(command_for(cleared, control.session_id, aim, plan_version))
        if new:
            self._queue(new, moment)
        return [command.evse_id for command in new]

    def _queue(self, new: list[Command], moment: Moment) -> None:
        """Let commands wait, lower power first; where rises must wait for others, falls go ahead."""
        now_us = us(moment.at)
        new.sort(key=lambda command: command.schedule.at(now_us))
        envelope = self._guard.envelope(new, moment.at)
        for command in new:
            control = self._book.controls[command.evse_id]
            if self._guard.admits(control, command, envelope, moment.at):
                self._book.queue(control, (command,))
            else:
                self._book.queue(control, parts(command, control, moment.at, self._lag_us))
        self._envelope = None

    # --- what to send ---------------------------------------------------------------------------------

    def release_all(self, moment: Moment) -> None:
        """Send what may be sent: all that only lowers, then the rises that fit, lower power first."""
        self._envelope = None
        self._release((), moment)

    def _release(self, among: Collection[str], moment: Moment) -> None:
        """Send what of these may be sent; of all that waits, where the worst case is another than before.

        What waits was refused by the envelope that is kept, and sending only fills that: it would be again.
        """
        if self._book.is_recounted:
            self._envelope = None
        among = self._book.waiting if self._envelope is None else self._book.waiting.intersection(among)
        controls, lines = self._book.controls, self._book.lines
        ready = [controls[evse_id] for evse_id in self._in_order(among) if lines[evse_id].calling is None]
        if not ready:
            return
        now_us = us(moment.at)
        ready.sort(key=lambda control: control.queue[0].schedule.at(now_us))
        envelope = self._envelope or self._new_envelope(moment)
        leaving = [
            control
            for control in ready
            if not is_resting(control, control.queue[0], moment.at)
            and self._guard.admits(control, control.queue[0], envelope, moment.at)
        ]
        for control in leaving:
            self._book.send(control, moment)
        self._envelope = envelope
        self._book.is_recounted = bool(leaving) and not self._guard.is_safety_claimed

    def _new_envelope(self, moment: Moment) -> Worst:
        waiting = [command for each in self._book.waiting for command in self._book.controls[each].queue]
        envelope = self._guard.envelope(waiting, moment.at)
        self._look_again(self._guard.same_until_us(envelope, moment.at))
        return envelope

    # --- which, and when again ------------------------------------------------------------------------

    def _in_order(self, among: Collection[str]) -> list[str]:
        """These EVSEs, in the order of the site's: the same happens whatever came first."""
        return [evse_id for evse_id in self._book.controls if evse_id in among] if among else []

    def _look_again(self, at_us: int | None) -> None:
        if at_us is not None:
            self._again_us = min(self._again_us, at_us)
