"""A small charging network with every fault that the envelope must survive, for laws about the executor.

Independent of the product's network: it knows only the adapter's words. EVSEs step by clocks that are up to
`MAX_LAG` late. Each order meets a fate: it and its words may be lost, late or out of order. An EVSE may
reboot to its standing cap, and one at a time may stop to obey.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from readyby.contract import CircuitLimit, PlanEntry, PlanEnvelope, PlanStep, SessionRecord, SiteTree
from readyby.envelope import Bound
from readyby.exchange.adapter import Ack, Active, Capabilities, EvseFacts, Setpoint, Verdict, Word
from readyby.exchange.commands import Command, Moment
from readyby.exchange.executor import SiteExecutor
from readyby.exchange.guard import bounds_of
from readyby.exchange.verify import Reading
from readyby.model import CommandState, SessionStatus

MAX_LAG = timedelta(seconds=30)
MAX_KW, MIN_KW, CAP_KW = 6.656, 1.248, 1.248
STEP = timedelta(seconds=10)
ANSWERS_AFTER_S = (0, 0, 0, 10, 20, 40)
SLOW = {Ack.SYNC: (), Ack.ASYNC: ("slow", "slow")}
"""Where acceptance is not the device's own word, a command may be accepted now and applied much later."""
FATES = (
    "good",
    "good",
    "good",
    "ack_lost",
    "lost",
    "late",
    "acked_late",
    "refused",
    "busy",
    "applied_unsaid",
)


@dataclass
class Outlet:
    """One EVSE in truth."""

    evse_id: str
    lag: timedelta
    session_id: str
    held: Setpoint | None = None
    highest: tuple[int, int] = (0, 0)
    ignores: bool = False
    appetite: float = 1.0

    def allowed_kw(self, now: datetime) -> float:
        """The most that it lets the car draw now."""
        if self.ignores:
            return MAX_KW
        at = now - self.lag
        if self.held is None or self.held.expires_at is None or at >= self.held.expires_at:
            return CAP_KW
        limit_kw = self.held.steps[0].limit_kw
        for step in self.held.steps:
            if step.start_at <= at:
                limit_kw = step.limit_kw
        return limit_kw


@dataclass
class Model:
    """Executor and network in one thread, with time and every fate in the hands of a seed."""

    seed: int
    size: int = 4
    limit_kw: float = 16.0
    capabilities: Capabilities = field(default_factory=Capabilities)
    faults: bool = True
    caps_kw: float = CAP_KW
    kind: type[SiteExecutor] = SiteExecutor
    is_checked: bool = True
    tree: SiteTree = field(default_factory=SiteTree)
    now: datetime = datetime(2019, 7, 24, 15, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.outlets = {
            f"E{n}": Outlet(evse_id=f"E{n}", lag=self.chance.random() * MAX_LAG, session_id=f"S{n}.0")
            for n in range(self.size)
        }
        self.executor = self.kind("site", self.capabilities, ())
        self.executor.learn_evses(
            EvseFacts(evse_id=e, site_id="site", max_kw=MAX_KW, min_kw=MIN_KW, standing_cap_kw=self.caps_kw)
            for e in self.outlets
        )
        self.saved = {}
        self.bounds: tuple[Bound, ...] | None = None
        self.open_plans = ()
        self.version = 0
        self.machine_ms = 0
        self.calls: dict[str, Command] = {}
        self.answering: list[tuple[datetime, Command, str]] = []
        self.history: list[tuple[datetime, Setpoint]] = []
        self.arriving: list[tuple[datetime, Setpoint]] = []
        self.saying: list[tuple[datetime, Word]] = []
        self.sent_rank: dict[str, tuple[int, int]] = {}
        self.states: dict[str, list[CommandState]] = {}
        self.sessions = 0
        self.silent_until = self.read_at = self.now
        for outlet in self.outlets.values():
            self._plugged(outlet)
        self.poll()

    @property
    def moment(self) -> Moment:
        return Moment(at=self.now, machine_ms=self.machine_ms)

    # --- what may happen ------------------------------------------------------------------------------

    def put_plan(self, steps_of: dict[str, list[tuple[int, float]]], hours: float = 3) -> None:
        """A plan with, for some EVSEs, steps of (minutes from now, kW)."""
        self.version += 1
        entries = [
            PlanEntry(
                session_id=self.outlets[evse_id].session_id,
                evse_id=evse_id,
                controlled=True,
                steps=[
                    PlanStep(start_at=self.now + timedelta(minutes=minutes), limit_kw=limit)
                    for minutes, limit in steps
                ],
                expires_at=self.now + timedelta(hours=hours),
            )
            for evse_id, steps in steps_of.items()
        ]
        plan = PlanEnvelope(
            plan_version=self.version,
            site_id="site",
            issued_at=self.now,
            limit_kw=self.limit_kw,
            entries=entries,
            tree=self.tree,
        )
        self.bounds = bounds_of(plan)
        self.executor.take_plan(plan, self.moment)
        self._work()

    def let(self, seconds: int) -> None:
        """Time goes by; meters tell every minute, and the exchange polls then."""
        for _ in range(seconds // 10):
            self.now += STEP
            self.machine_ms += 1000
            self._arrive()
            self._answer_due()
            self.check()
            if self.now.second % 60 == 0:
                self.poll()

    def poll(self) -> None:
        """The exchange reads the network, if that answers."""
        if self.now < self.silent_until:
            self.executor.tick(self.moment, self.read_at)
            self._work()
            return
        self.read_at = self.now
        readings = [
            Reading(
                evse_id=outlet.evse_id,
                session_id=outlet.session_id,
                measured_at=self.now,
                power_kw=outlet.allowed_kw(self.now)
                * outlet.appetite
                * self.chance.choice((1.0, outlet.appetite)),
            )
            for outlet in self.outlets.values()
        ]
        due = [word for at, word in self.saying if at <= self.now]
        self.saying = [(at, word) for at, word in self.saying if at > self.now]
        self.chance.shuffle(due)
        self.executor.note_words(due, self.moment)
        self.executor.note_readings(readings, self.moment)
        self.executor.tick(self.moment, self.now)
        self._work()
        unclear = self.executor.unclear(self.moment)
        if unclear and not (self.faults and self.chance.random() < 0.3):
            actives = [
                Active(evse_id=e, command_id=held.command_id if (held := self.outlets[e].held) else None)
                for e in unclear
            ]
            self.executor.note_active(actives, self.moment)
        self._work()

    def silence(self, seconds: int) -> None:
        """The network does not answer for a while; its EVSEs go on by themselves."""
        self.silent_until = self.now + timedelta(seconds=seconds)

    def reboot(self, evse_id: str) -> None:
        self.outlets[evse_id].held = None

    def ignore(self, evse_id: str | None) -> None:
        """One outlet stops to obey, and who did before obeys again."""
        for outlet in self.outlets.values():
            outlet.ignores = outlet.evse_id == evse_id

    def set_appetite(self, evse_id: str, share: float) -> None:
        self.outlets[evse_id].appetite = share

    def next_car(self, evse_id: str) -> None:
        """A car leaves and another one comes: orders of the first are gone."""
        self.let(10)
        outlet = self.outlets[evse_id]
        self.sessions += 1
        outlet.session_id = f"S{evse_id}.{self.sessions}"
        outlet.held, outlet.highest = None, (0, 0)
        self.sent_rank.pop(evse_id, None)
        self._plugged(outlet)
        self._work()

    def crash(self) -> None:
        """The exchange is killed and starts anew from what was written down; its calls are cut."""
        self.calls.clear()
        self.answering.clear()
        self.executor = self.kind(
            "site",
            self.capabilities,
            self.saved.values(),
            plan_version=self.version,
            bounds=self.bounds,
            open_plans=self.open_plans,
        )
        self.executor.recover(self.moment)
        self._work()

    # --- the wire -------------------------------------------------------------------------------------

    def _plugged(self, outlet: Outlet) -> None:
        record = SessionRecord(
            session_id=outlet.session_id,
            site_id="site",
            evse_id=outlet.evse_id,
            status=SessionStatus.ACTIVE,
            started_at=self.now,
            energy_kwh=0,
            last_updated=self.now,
        )
        self.executor.note_sessions([record], self.moment)

    def _work(self) -> None:
        while effects := self.executor.collect():
            self.saved.update(effects.changed)
            self.open_plans = effects.open_plans
            for note in effects.notes:
                self.states.setdefault(note.command.command_id, []).append(note.command.state)
            for command in effects.sends:
                self._send(command)

    def _send(self, command: Command) -> None:
        setpoint = command.setpoint
        assert command.evse_id not in self.calls, "one command in flight an EVSE"
        assert setpoint.rank >= self.sent_rank.get(command.evse_id, (0, 0)), (
            "never an older plan over a newer"
        )
        self.sent_rank[command.evse_id] = setpoint.rank
        self.calls[command.evse_id] = command
        self.history.append((self.now, setpoint))
        fate = self.chance.choice((*FATES, *SLOW[self.capabilities.ack])) if self.faults else "good"
        arrives = self.now + timedelta(seconds=self.chance.choice((0, 10, 50)))
        if fate in ("late", "slow"):
            arrives += timedelta(minutes=self.chance.randint(1, 5))
        if fate not in ("lost", "refused", "busy"):
            self.arriving.append((arrives, setpoint))
        after = timedelta(seconds=self.chance.choice(ANSWERS_AFTER_S) if self.faults else 0)
        self.answering.append((self.now + after, command, fate))
        if not after:
            self._answer_due()

    def _answer_due(self) -> None:
        due = [each for each in self.answering if each[0] <= self.now]
        self.answering = [each for each in self.answering if each[0] > self.now]
        for _, command, fate in due:
            self._answer(command, fate)
            self._work()

    def _answer(self, command: Command, fate: str) -> None:
        del self.calls[command.evse_id]
        name = command.command_id
        if fate in ("ack_lost", "lost", "late"):
            self.executor.note_unknown([name], "no answer", self.moment)
        elif fate == "refused":
            self.executor.note_answers(
                [Word(command_id=name, verdict=Verdict.REJECTED, reason="no")], self.moment
            )
        elif fate == "busy":
            self.executor.note_answers([Word(command_id=name, verdict=Verdict.TOO_OFTEN)], self.moment)
        elif fate == "acked_late":
            self.saying.append(
                (self.now + timedelta(minutes=2), Word(command_id=name, verdict=Verdict.ACCEPTED))
            )
            self.executor.note_unknown([name], "no answer", self.moment)
        else:
            self.executor.note_answers([Word(command_id=name, verdict=Verdict.ACCEPTED)], self.moment)

    def _arrive(self) -> None:
        arrived = sorted((each for each in self.arriving if each[0] <= self.now), key=lambda each: each[0])
        self.arriving = [each for each in self.arriving if each[0] > self.now]
        for _, setpoint in arrived:
            outlet = self.outlets[setpoint.evse_id]
            if setpoint.session_id != outlet.session_id or setpoint.rank < outlet.highest:
                continue
            outlet.highest = setpoint.rank
            outlet.held = None if setpoint.is_release else setpoint
            said = Word(command_id=setpoint.command_id, verdict=Verdict.APPLIED)
            if not self.faults or self.chance.random() < 0.8:
                self.saying.append((self.now, said))

    # --- what must hold -------------------------------------------------------------------------------

    def check(self) -> None:
        """The site keeps its limit, also if all reboot now, and if one more stops to obey now.

        While one does not obey, that one has used up the room for it. Nothing is promised where the caps
        exceed the limit.
        """
        if not self.is_checked:
            return
        worst = {e: max(o.allowed_kw(self.now), CAP_KW) for e, o in self.outlets.items()}
        anyone = any(outlet.ignores for outlet in self.outlets.values())
        spare_kw = 0.0 if anyone else MAX_KW - min(worst.values())
        assert sum(worst.values()) + spare_kw <= self.limit_kw + 1e-6, (self.now, anyone, worst)
        for limit in self.tree.limits if self.version else ():
            if min(step.limit_kw for step in limit.steps) < self.size * CAP_KW:
                continue
            told = [step for step in limit.steps if step.start_at <= self.now - MAX_LAG] or limit.steps[:1]
            lately = [step for step in limit.steps if self.now - MAX_LAG < step.start_at <= self.now]
            limit_kw = max(step.limit_kw for step in (told[-1], *lately))
            assert sum(worst.values()) + spare_kw <= limit_kw + 1e-6, (self.now, limit, worst)
        for circuit in self.tree.circuits if self.version else ():
            below = [
                place.evse_id for place in self.tree.places if self.is_below(place.circuit, circuit.name)
            ]
            surges = [None] if any(self.outlets[e].ignores for e in below) else below
            for surge in surges:
                kw = {e: MAX_KW if e == surge else worst[e] for e in below}
                self.check_circuit(circuit, kw)

    def is_below(self, name: str, above: str) -> bool:
        """Whether a circuit is another one, or beneath it."""
        parents = {circuit.name: circuit.parent for circuit in self.tree.circuits}
        while name and name != above:
            name = parents[name]
        return name == above

    def check_circuit(self, circuit: CircuitLimit, kw: dict[str, float]) -> None:
        """What hangs on a circuit keeps its limit, by the exact currents of loads between two lines."""
        if circuit.limit_kw is not None:
            assert sum(kw.values()) + circuit.reserved_kw <= circuit.limit_kw + 1e-6, (self.now, circuit, kw)
            return
        lines = {place.evse_id: place.connection for place in self.tree.places}
        between = {wires: sum(kw[e] for e in kw if lines[e] == wires) for wires in ("AB", "BC", "CA")}
        for one, other in (("AB", "CA"), ("BC", "AB"), ("CA", "BC")):
            x, y = between[one], between[other]
            amperes = (x * x + y * y + x * y) ** 0.5 * 1000 / self.tree.voltage_v
            assert amperes <= circuit.limit_a + 1e-6, (self.now, circuit, kw)
