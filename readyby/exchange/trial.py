"""Tries a charging network that was just connected: what it lists and tells, and whether a limit binds."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from readyby.clocks import DomainClock
from readyby.errors import BadInput, Misconfigured, Unreachable
from readyby.exchange.adapter import (
    HARDWARE,
    Adapter,
    Batch,
    EvseFacts,
    LinkLoss,
    Readback,
    Setpoint,
    Verdict,
)
from readyby.exchange.guard import Freshness
from readyby.exchange.verify import READINGS_TO_VERIFY, bound_kw
from readyby.model import Step

READ_BACK_WITHIN_S: Final = 60.0
SEEN_WITHIN_S: Final = 600.0
LOOK_EVERY_S: Final = 0.5
LOOK_LATE_EVERY_S: Final = 10.0
TRIED_UNDER: Final = timedelta(minutes=15)

LOST: Final = {
    LinkLoss.GOES_ON: "EVSEs go on with their sequence, then fall back to their standing caps",
    LinkLoss.ENDS: "a limit ends with its step, and EVSEs fall back to their standing caps",
}

Say = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class _Heard:
    """What the network told so far: the active session by EVSE, and the readings in order."""

    cursor: str | None = None
    sessions: dict[str, str] = field(default_factory=dict)
    readings: list[tuple[str, datetime, float]] = field(default_factory=list)

    def take(self, batch: Batch) -> None:
        self.cursor = batch.cursor
        for told in batch.sessions:
            evse_id, session_id = str(told.get("evse_id")), str(told.get("session_id"))
            if told.get("status") == "ACTIVE":
                self.sessions[evse_id] = session_id
            elif self.sessions.get(evse_id) == session_id:
                del self.sessions[evse_id]
        columns = (batch.meter[name] for name in ("evse_id", "measured_at", "power_kw"))
        for evse_id, told_at, power_kw in zip(*columns, strict=False):
            at = _instant(told_at)
            if at is not None and isinstance(power_kw, int | float):
                self.readings.append((str(evse_id), at, float(power_kw)))


def _instant(told: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


async def _at_once() -> None:
    return


def _none_sent(_session_id: str) -> tuple[int, int]:
    return 0, 0


async def try_network(
    adapter: Adapter,
    clock: DomainClock,
    try_evse: str | None,
    say: Say,
    *,
    within_s: float = 0.0,
    settled: Callable[[], Awaitable[None]] = _at_once,
    newest_rank: Callable[[str], tuple[int, int]] = _none_sent,
) -> None:
    """List EVSEs, read sessions and meter values, and, with consent, set, verify and clear one limit.

    For a car at the EVSE to be tried it waits `within_s` machine seconds, then until its side is `settled`.
    `newest_rank` is that of a session's newest command: the trial's come between it and the next plan's.

    Raises:
        ReadyByError: a step failed; names it. A limit that was set is cleared before.
    """
    facts = await adapter.list_evses()
    say(f"EVSEs: {len(facts)}, of which {sum(each.controlled for each in facts)} take commands")
    known = {each.evse_id: each for each in facts}
    if try_evse is not None and try_evse not in known:
        raise BadInput("try_evse", try_evse, f"name one of the network's EVSEs: {', '.join(sorted(known))}")
    heard = _Heard()
    heard.take(await adapter.pull(None))
    if try_evse is not None:
        await _until(adapter, heard, lambda: try_evse in heard.sessions, within_s)
        await settled()
        known = {each.evse_id: each for each in await adapter.list_evses()}
    say(f"sessions: {len(heard.sessions)} active; meter values: {_newest(heard)}")
    for line in abilities(adapter, tuple(known.values())):
        say(line)
    if try_evse is None:
        return
    if try_evse not in heard.sessions:
        raise BadInput("try_evse", try_evse, "name an EVSE at which a car charges now")
    rank = newest_rank(heard.sessions[try_evse])
    await _Limit(adapter, clock, heard, known[try_evse], say, after=rank).try_it()


async def _until(adapter: Adapter, heard: _Heard, holds: Callable[[], bool], within_s: float) -> bool:
    """Read the network until something holds; whether it does by then."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + within_s
    while not holds():
        if loop.time() >= until_s:
            return False
        await asyncio.sleep(LOOK_EVERY_S)
        heard.take(await adapter.pull(heard.cursor))
    return True


def _newest(heard: _Heard) -> str:
    if not heard.readings:
        return "none yet"
    _, at, power_kw = heard.readings[-1]
    return f"the newest {power_kw:g} kW at {at.isoformat()}"


def abilities(adapter: Adapter, facts: Sequence[EvseFacts]) -> list[str]:
    """What a network can and cannot do, in lines."""
    can = adapter.capabilities
    return [
        f"carries: {'whole power sequences' if can.control == 'sequence' else 'one step at a time'}",
        f"limits: one for each {can.scope.value}, in {can.unit.value}"
        + (f", of at most {can.max_steps} steps" if can.control == "sequence" else ""),
        f"acceptance: {'the device answers itself' if can.ack == 'sync' else 'a result comes later'}",
        f"read-back: {'yes' if can.readback is not Readback.NONE else 'no: only the meter proves'}",
        (
            f"meters: a value every {can.meter_every.total_seconds():g} s; an EVSE without one for "
            f"{Freshness.polled(0, can.meter_every).evse.total_seconds() / 60:g} minutes is at its maximum"
        ),
        f"when nobody tells them more: {LOST[can.link_loss]}",
        caps_line([(each.standing_cap_kw < each.max_kw, each.cap_held_by) for each in facts]),
    ]


def caps_line(caps: Sequence[tuple[bool, str]]) -> str:
    """Where standing caps are held, and by what: an EVSE's cap is below its maximum, held by so."""
    held = Counter(by or HARDWARE for is_held, by in caps if is_held or by)
    by = ", ".join(f"{count} by {name}" for name, count in sorted(held.items()))
    rest = "" if held.total() == len(caps) else "; the others count at their maximum"
    return f"standing caps: held at {held.total()} of {len(caps)} EVSEs{f' ({by})' if by else ''}{rest}"


class _Limit:
    """One limit, at the least that the EVSE can be told: set, verified, and cleared whatever happened."""

    def __init__(
        self,
        adapter: Adapter,
        clock: DomainClock,
        heard: _Heard,
        facts: EvseFacts,
        say: Say,
        *,
        after: tuple[int, int],
    ) -> None:
        self._adapter, self._clock, self._heard = adapter, clock, heard
        self._facts, self._say, self._after = facts, say, after
        self._name = f"try-{secrets.token_hex(4)}"

    async def try_it(self) -> None:
        now = self._clock.now()
        what, until = f"limit of {self._facts.min_kw:g} kW", now.replace(microsecond=0) + TRIED_UNDER
        try:
            await self._tell(1, (Step(now, self._facts.min_kw),), until, what)
            if self._adapter.capabilities.readback is Readback.NONE:
                await self._see(what)
        finally:
            await self._tell(2, (), None, "release")

    async def _tell(self, number: int, steps: tuple[Step, ...], until: datetime | None, what: str) -> None:
        command = Setpoint(
            command_id=f"{self._name}-{number}",
            rank=(self._after[0], self._after[1] + number),
            evse_id=self._facts.evse_id,
            session_id=self._heard.sessions[self._facts.evse_id],
            steps=steps,
            expires_at=until,
        )
        (word,) = await self._adapter.submit([command])
        if word.verdict not in (Verdict.ACCEPTED, Verdict.APPLIED):
            raise Misconfigured(f"{what}: {word.verdict.value}: {word.reason}: ask the network for the right")
        self._say(f"{what}: accepted")
        if self._adapter.capabilities.readback is not Readback.NONE:
            took_s = await self._read_back(command, what)
            self._say(f"{what}: read back after {took_s:.0f} s")

    async def _read_back(self, command: Setpoint, what: str) -> float:
        """How many seconds it took; a network that is late by nature gets the time that it declares."""
        loop, declared_s = asyncio.get_running_loop(), self._adapter.capabilities.ack_within.total_seconds()
        began_s, patience_s = loop.time(), max(READ_BACK_WITHIN_S, declared_s)
        every_s = LOOK_EVERY_S if patience_s <= READ_BACK_WITHIN_S else LOOK_LATE_EVERY_S
        while loop.time() < began_s + patience_s:
            held = await self._adapter.read_active([command.evse_id])
            if [each.command_id for each in held] == [command.command_id]:
                return loop.time() - began_s
            await asyncio.sleep(every_s)
        raise Unreachable(f"{what}: not read back within {patience_s:.0f} s: look at the EVSE itself")

    async def _see(self, what: str) -> None:
        """Wait until the meter shows the limit, where the network does not say what is in force."""
        since = self._clock.now() + self._adapter.capabilities.settle
        most_kw = bound_kw(self._facts.min_kw)

        def is_seen() -> bool:
            powers = [
                power
                for evse, at, power in self._heard.readings
                if evse == self._facts.evse_id and at > since
            ]
            last = powers[-READINGS_TO_VERIFY:]
            return len(last) == READINGS_TO_VERIFY and max(last) <= most_kw

        if not await _until(self._adapter, self._heard, is_seen, SEEN_WITHIN_S):
            raise Unreachable(f"{what}: not seen in its meter within {SEEN_WITHIN_S:.0f} s: look at the EVSE")
        self._say(f"{what}: seen in the meter")
