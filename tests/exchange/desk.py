"""An executor at work on four EVSEs, driven by hand."""

from datetime import UTC, datetime, timedelta

from readyby.contract import PlanEntry, PlanEnvelope, PlanProgress, PlanStep, SessionRecord
from readyby.exchange.adapter import (
    Capabilities,
    EvseFacts,
    Setpoint,
    Verdict,
    Word,
)
from readyby.exchange.commands import Moment
from readyby.exchange.executor import SiteExecutor
from readyby.exchange.verify import Reading
from readyby.model import SessionStatus

NOW = datetime(2019, 7, 24, 15, tzinfo=UTC)
CAP_KW, MAX_KW = 1.248, 6.656


class Desk:
    """An executor for four EVSEs with a car each, whose network takes everything at once."""

    def __init__(
        self, capabilities: Capabilities | None = None, *, limit_kw: float = 16.0, cap_kw: float = CAP_KW
    ):
        self.limit_kw = limit_kw
        self.now = NOW
        self.answering = True
        self.version = 0
        self.sent: list[Setpoint] = []
        self.sent_at: list[tuple[datetime, Setpoint]] = []
        self.states: dict[str, list[str]] = {}
        self.waves: dict[str, int] = {}
        self.reasons: dict[str, str] = {}
        self.progress: dict[int, PlanProgress] = {}
        self.executor = SiteExecutor("g", capabilities or Capabilities(), ())
        self.executor.learn_evses(
            EvseFacts(
                evse_id=f"E{n}",
                site_id="g",
                max_kw=MAX_KW,
                min_kw=1.248,
                standing_cap_kw=cap_kw,
                controlled=n < 4,
            )
            for n in range(4)
        )
        for number in range(4):
            self.session(f"S{number}", f"E{number}")
        self.tick()

    @property
    def moment(self) -> Moment:
        return Moment(at=self.now, machine_ms=int((self.now - NOW).total_seconds() * 1000))

    def session(
        self,
        session_id: str,
        evse_id: str,
        status: SessionStatus = SessionStatus.ACTIVE,
        started_at: datetime = NOW,
        told_at: datetime | None = None,
    ) -> None:
        record = SessionRecord(
            session_id=session_id,
            site_id="g",
            evse_id=evse_id,
            status=status,
            started_at=started_at,
            energy_kwh=0,
            last_updated=told_at or self.now,
        )
        self.executor.note_sessions([record], self.moment)
        self.work()

    def plan(
        self,
        *,
        lease_min: float = 120,
        limit_kw: float | None = None,
        controlled: bool = True,
        **steps: object,
    ) -> int:
        self.version += 1
        entries = []
        for evse_id, told in steps.items():
            points = told if isinstance(told, list) else [(0, told)]
            entries.append(
                PlanEntry(
                    session_id=f"S{evse_id[1:]}",
                    evse_id=evse_id,
                    controlled=controlled,
                    steps=[
                        PlanStep(start_at=self.now + timedelta(minutes=m), limit_kw=limit)
                        for m, limit in points
                    ],
                    expires_at=self.now + timedelta(minutes=lease_min),
                )
            )
        made = self.executor.take_plan(
            PlanEnvelope(
                plan_version=self.version,
                site_id="g",
                issued_at=self.now,
                limit_kw=limit_kw or self.limit_kw,
                entries=entries,
            ),
            self.moment,
        )
        self.work()
        return made

    def work(self) -> None:
        while effects := self.executor.collect():
            for note in effects.notes:
                name = note.command.command_id.removeprefix("g.")
                self.states.setdefault(name, []).append(note.command.state.value)
                self.waves[name] = note.command.wave
                self.reasons[name] = note.reason
            self.progress.update({told.plan_version: told for told in effects.progress})
            for command in effects.sends:
                self.sent.append(command.setpoint)
                self.sent_at.append((self.now, command.setpoint))
                if self.answering:
                    self.say(command.command_id, Verdict.ACCEPTED)

    def say(self, command_id: str, verdict: Verdict, reason: str = "") -> None:
        name = command_id if command_id.startswith("g.") else f"g.{command_id}"
        self.executor.note_answers([Word(command_id=name, verdict=verdict, reason=reason)], self.moment)
        self.work()

    def tick(self, as_of: datetime | None = None) -> None:
        self.executor.tick(self.moment, as_of or self.now)
        self.work()

    def let(self, minutes: int, **power_kw: float) -> None:
        """Minutes go by, each with readings; who is not named draws what the standing cap gives."""
        for _ in range(minutes):
            self.now += timedelta(minutes=1)
            self.executor.note_readings(
                (
                    Reading(
                        evse_id=f"E{n}",
                        session_id=self.executor.controls[f"E{n}"].session_id or "",
                        measured_at=self.now,
                        power_kw=power_kw.get(f"E{n}", 1.2),
                    )
                    for n in range(4)
                ),
                self.moment,
            )
            self.tick()
