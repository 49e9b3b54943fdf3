"""The in-memory twin of a charging network: what happens there is put in by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from readyby.exchange.adapter import Ack, Active, Batch, Capabilities, EvseFacts, Setpoint, Verdict, Word

COLUMNS = ("session_id", "evse_id", "measured_at", "power_kw", "energy_kwh")


@dataclass
class MemoryAdapter:
    """EVSEs that take every command that fits them, at once.

    `outage` raises instead of answering; `submitted` keeps every command that arrived, in order.
    """

    evses: tuple[EvseFacts, ...]
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(ack=Ack.ASYNC, max_batch=25))
    name: str = "memory"
    as_of: datetime | None = None
    outage: Callable[[], Exception] | None = None
    submitted: list[Setpoint] = field(default_factory=list)
    held: dict[str, Setpoint] = field(default_factory=dict)
    sessions: list[dict[str, object]] = field(default_factory=list)
    _meter: list[tuple[object, ...]] = field(default_factory=list)
    _words: list[Word] = field(default_factory=list)
    _here: dict[str, str] = field(default_factory=dict)
    _known: dict[str, Setpoint] = field(default_factory=dict)

    def plug_in(self, session_id: str, evse_id: str, token_uid: str | None, at: datetime) -> None:
        """A car arrives."""
        self._here[evse_id] = session_id
        self.sessions.append(
            {
                "session_id": session_id,
                "site_id": self._facts(evse_id).site_id,
                "evse_id": evse_id,
                "token_uid": token_uid,
                "status": "ACTIVE",
                "started_at": at.isoformat(),
                "ended_at": None,
                "energy_kwh": 0.0,
                "last_updated": at.isoformat(),
                "live": True,
            }
        )

    def unplug(self, evse_id: str, at: datetime) -> None:
        """The car leaves; what was in force for it is gone."""
        session_id = self._here.pop(evse_id)
        self.held.pop(evse_id, None)
        begun = next(told for told in self.sessions if told["session_id"] == session_id)
        ended = {"status": "COMPLETED", "ended_at": at.isoformat(), "last_updated": at.isoformat()}
        self.sessions.append({**begun, **ended})

    def measure(self, evse_id: str, at: datetime, power_kw: float, energy_kwh: float = 0.0) -> None:
        """An EVSE's meter tells."""
        self._meter.append((self._here[evse_id], evse_id, at.isoformat(), power_kw, energy_kwh))

    async def list_evses(self) -> tuple[EvseFacts, ...]:
        self._fail()
        return self.evses

    async def pull(self, cursor: str | None) -> Batch:
        self._fail()
        counts = (0, 0, 0) if cursor is None else tuple(int(part) for part in cursor.split(":"))
        sessions, rows, words = self.sessions[counts[0] :], self._meter[counts[1] :], self._words[counts[2] :]
        columns = zip(*rows, strict=True) if rows else ((),) * len(COLUMNS)
        return Batch(
            cursor=f"{len(self.sessions)}:{len(self._meter)}:{len(self._words)}",
            as_of=self.as_of,
            sessions=tuple(sessions),
            meter=dict(zip(COLUMNS, columns, strict=True)),
            words=tuple(words),
        )

    async def submit(self, setpoints: Sequence[Setpoint]) -> tuple[Word, ...]:
        self._fail()
        return tuple(self._take(setpoint) for setpoint in setpoints)

    async def read_active(self, evse_ids: Sequence[str]) -> tuple[Active, ...]:
        self._fail()
        held = {evse_id: self.held.get(evse_id) for evse_id in evse_ids}
        return tuple(
            Active(evse_id=evse_id, command_id=setpoint.command_id if setpoint else None)
            for evse_id, setpoint in held.items()
        )

    async def close(self) -> None:
        return None

    def _take(self, setpoint: Setpoint) -> Word:
        self.submitted.append(setpoint)
        if self._here.get(setpoint.evse_id) != setpoint.session_id:
            return Word(command_id=setpoint.command_id, verdict=Verdict.GONE, reason="the car has left")
        refusal = "" if setpoint.command_id in self._known else self._objection(setpoint)
        if refusal:
            return Word(command_id=setpoint.command_id, verdict=Verdict.REJECTED, reason=refusal)
        if setpoint.command_id not in self._known:
            self._known[setpoint.command_id] = self.held[setpoint.evse_id] = setpoint
            self._words.append(Word(command_id=setpoint.command_id, verdict=Verdict.APPLIED))
        return Word(command_id=setpoint.command_id, verdict=Verdict.ACCEPTED)

    def _objection(self, setpoint: Setpoint) -> str:
        facts, held = self._facts(setpoint.evse_id), self.held.get(setpoint.evse_id)
        if held is not None and setpoint.rank < held.rank:
            return "a command of higher rank was taken"
        limits_kw = [step.limit_kw for step in setpoint.steps]
        if any(limit > facts.max_kw + 1e-6 or 0 < limit < facts.min_kw - 1e-6 for limit in limits_kw):
            return "a limit is beyond what the EVSE can do"
        return ""

    def _facts(self, evse_id: str) -> EvseFacts:
        return next(facts for facts in self.evses if facts.evse_id == evse_id)

    def _fail(self) -> None:
        if self.outage is not None:
            raise self.outage()
