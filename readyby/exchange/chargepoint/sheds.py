"""Setpoints as limits of ports (shedLoad), their release (clearShedState), and what ports hold of them.

A limit is one power for whole minutes, in kW: a percentage counts from the power just then, and cuts a
port off that gives none. It belongs to the port, not to the session, so one that outlives its session is
released, or the next car would be held back. Releasing is for a whole station: what the other ports hold is
applied again at once where the stations hold standing caps of their own meanwhile; elsewhere the port is
limited to its maximum instead, and its neighbors are never without their limits.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import floor
from threading import Lock
from typing import Final

import orjson

from readyby.errors import BadInput, Busy, Misconfigured, ReadyByError, Unreachable
from readyby.exchange.adapter import STRANGE, Setpoint, Verdict, Word
from readyby.exchange.chargepoint.objects import PortLoad, clear_query, is_done, shed_query
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.chargepoint.soap import Refused, Soap
from readyby.exchange.chargepoint.stays import Place, Stays
from readyby.exchange.chargepoint.wire import Query
from readyby.exchange.network_news import sent_each, word_on
from readyby.exchange.network_state import Sent

MINUTE: Final = timedelta(minutes=1)
SHOWN_KW: Final = 0.05
"""What a limit may look different by when it is read back: it may come rounded."""
_EPSILON: Final = 1e-6


class Sheds:
    """The limits of an account's ports. Synchronous; calls come from several threads."""

    def __init__(
        self, settings: ChargepointSettings, soap: Soap, stays: Stays, now: Callable[[], datetime]
    ) -> None:
        self._settings, self._soap, self._stays, self._now = settings, soap, stays, now
        self._state = stays.state
        self._at_station: dict[str, Lock] = defaultdict(Lock)
        self._shown: set[str] = set()
        self._not_before: dict[str, datetime] = {}
        self.lost = False
        """Limits may be gone that were taken before: each has to be held against the port's word."""

    # --- to the service -------------------------------------------------------------------------------

    def submit(self, setpoints: Sequence[Setpoint]) -> tuple[Word, ...]:
        """Send commands; those without a word had no answer.

        Raises:
            Unreachable: none had an answer. Misconfigured: the credentials are refused.
        """
        return sent_each(setpoints, self._send)

    def _send(self, setpoint: Setpoint) -> Word:
        place = self._stays.by_evse.get(setpoint.evse_id)
        stay = self._stays.open.get(setpoint.evse_id)
        if place is None or stay is None or stay.session_id != setpoint.session_id:
            is_over = place is not None and self._stays.is_over(setpoint.session_id)
            return word_on(
                setpoint, Verdict.GONE if is_over else Verdict.REJECTED, "the session is not at the EVSE"
            )
        if any(sent.rank > setpoint.rank for sent in self._state.commands(setpoint.session_id)):
            return word_on(
                setpoint, Verdict.REJECTED, "rank: a command of a higher rank was sent for the session"
            )
        try:
            with self._at_station[place.key[0]]:
                self._carry_out(setpoint, place)
        except (BadInput, Refused) as error:
            return word_on(setpoint, Verdict.REJECTED, str(error))
        except Busy as error:
            return word_on(setpoint, Verdict.TOO_OFTEN, str(error), error.retry_after_s)
        return word_on(setpoint, Verdict.ACCEPTED)

    def _carry_out(self, setpoint: Setpoint, place: Place) -> None:
        """Keep a command, and send it.

        Raises:
            BadInput: the port cannot be told so. Others as Soap.
        """
        limit = None if setpoint.is_release else self._limit(setpoint, place)
        self._state.keep_command(
            setpoint.command_id,
            Sent(
                command_id=setpoint.command_id,
                session_key=setpoint.session_id,
                profile=None if limit is None else limit.as_json(),
                sent_at=self._now(),
                rank=setpoint.rank,
            ),
        )
        if limit is None:
            self._release(place)
            return
        self._shed(place, limit)
        self._state.keep_fact(_fact(place), orjson.dumps(limit.as_json()).decode())

    def _limit(self, setpoint: Setpoint, place: Place) -> "Limit":
        """The running step of a sequence, over whole minutes.

        The minutes are rounded down: a limit that ends early leaves the standing cap, which always counts.

        Raises:
            BadInput: the port cannot be told so.
        """
        now, evse = self._now(), place.evse
        running = [step for step in setpoint.steps if step.start_at <= now] or list(setpoint.steps[:1])
        later = [step.start_at for step in setpoint.steps if step.start_at > max(now, running[-1].start_at)]
        end = later[0] if later else setpoint.expires_at
        limit_kw = floor(running[-1].limit_kw * 1000 + _EPSILON) / 1000
        if limit_kw == 0 and not self._settings.takes_zero:
            raise BadInput("limit_kw", 0, "this account's ports take no 0: plan at least their least power")
        if 0 < limit_kw < evse.min_kw - _EPSILON or limit_kw > evse.max_kw + _EPSILON:
            raise BadInput("limit_kw", limit_kw, f"use 0, or {evse.min_kw:g} to {evse.max_kw:g} kW")
        minutes = 0 if end is None else (end - now) // MINUTE
        if minutes < 1 and (end is None or end <= now or limit_kw > self._cap_kw(place)):
            raise BadInput("expires_at", str(end), "give a lease of a minute at least")
        until = now + max(minutes, 1) * MINUTE
        return Limit(session_id=setpoint.session_id, limit_kw=limit_kw, until=until)

    def _cap_kw(self, place: Place) -> float:
        """What a port gives when no limit is in force."""
        return place.evse.standing_cap_kw if self._settings.caps_held else place.evse.max_kw

    def _shed(self, place: Place, limit: "Limit") -> None:
        self._call("shedLoad", shed_query(place.key, limit.limit_kw, limit.minutes_from(self._now())))

    def _call(self, operation: str, query: Query) -> None:
        """Carry out a command.

        Raises:
            Refused: the service says that it did not. Others as Soap.
        """
        answer = self._soap.call(operation, query, command=True)
        if answer is None or not is_done(answer):
            raise Refused(f"{self._settings.name} answered {operation} without success", "Success 0")

    # --- releases -------------------------------------------------------------------------------------

    def release_left(self) -> None:
        """Release the ports whose limit belongs to a session that is over. What fails is tried later.

        Raises:
            Misconfigured: the credentials are refused.
        """
        now = self._now()
        for place in self._stays.places.values():
            left, not_before = self._kept(place), self._not_before.get(place.evse_id)
            stay = self._stays.open.get(place.evse_id)
            is_wanted = stay is not None and left is not None and stay.session_id == left.session_id
            if left is None or is_wanted or (not_before is not None and now < not_before):
                continue
            self._not_before[place.evse_id] = now + self._settings.lag
            try:
                with self._at_station[place.key[0]]:
                    self._release(place)
            except Misconfigured:
                raise
            except ReadyByError:
                continue

    def _release(self, place: Place) -> None:
        """Let a port give what it gives without a limit, and its neighbors keep theirs."""
        neighbors = [
            (other, kept)
            for other in self._stays.places.values()
            if other.key[0] == place.key[0] and other != place and (kept := self._kept(other)) is not None
        ]
        if not neighbors or self._settings.caps_held:
            self._clear(place, neighbors)
            return
        if (left := self._kept(place)) is not None:
            self._shed(place, replace(left, limit_kw=place.evse.max_kw))
        self._forget(place)

    def _clear(self, place: Place, neighbors: Sequence[tuple[Place, "Limit"]]) -> None:
        """Release a whole station, and limit the neighbors again; one that does not take it has lost it."""
        try:
            self._call("clearShedState", clear_query(place.key[0]))
        except Unreachable:
            self.lost = self.lost or bool(neighbors)
            raise
        self._forget(place)
        for other, limit in neighbors:
            try:
                self._shed(other, limit)
            except ReadyByError:
                self.lost = True
                self._forget(other)

    def _forget(self, place: Place) -> None:
        """A port holds no limit of ours any more."""
        self._state.keep_fact(_fact(place), "")

    def _kept(self, place: Place) -> "Limit | None":
        """The limit that a port was told last and that runs still; None where there is none."""
        told = self._state.fact(_fact(place))
        kept = Limit.of(orjson.loads(told)) if told else None
        return kept if kept is not None and kept.until > self._now() else None

    # --- what ports hold ------------------------------------------------------------------------------

    def note_shown(self, loads: Sequence[PortLoad]) -> None:
        """Tell which commands ports show to be in force, and notice those that they show no longer."""
        for load in loads:
            place = self._stays.places.get(load.key)
            stay = self._stays.open.get(place.evse_id) if place is not None else None
            sent = self._state.commands(stay.session_id) if stay is not None else []
            if place is None or not sent:
                continue
            newest, found = sent[-1], self._held(place, load, sent)
            if found == newest.command_id:
                self._shown.add(found)
                self._state.tell_word(found, {"command_id": found, "verdict": Verdict.APPLIED, "reason": ""})
            elif found is None and newest.command_id in self._shown and newest.profile is not None:
                self._shown.discard(newest.command_id)
                self.lost = self.lost or Limit.of(newest.profile).until > self._now()

    def held(self, place: Place, load: PortLoad) -> str | None:
        """Which command of its session a port holds by its own word; STRANGE: none of ours, None: none."""
        stay = self._stays.open.get(place.evse_id)
        sent = self._state.commands(stay.session_id) if stay is not None else []
        if sent:
            return self._held(place, load, sent)
        return STRANGE if load.is_shed else None

    def _held(self, place: Place, load: PortLoad, sent: Sequence[Sent]) -> str | None:
        """The newest command whose limit is shown; else the newest of all, if somebody limits it further."""
        newest, shown_kw = sent[-1], load.limit_kw
        if newest.profile is None:
            is_free = not load.is_shed or (
                shown_kw is not None and shown_kw >= self._cap_kw(place) - SHOWN_KW
            )
            if is_free:
                return newest.command_id
        if shown_kw is None:
            return None
        limits = [(each.command_id, Limit.of(each.profile)) for each in sent if each.profile is not None]
        running = [(name, limit) for name, limit in limits if limit.until > self._now()]
        for name, limit in reversed(running):
            if abs(limit.limit_kw - shown_kw) <= SHOWN_KW:
                return name
        if running and running[-1][0] == newest.command_id and shown_kw < running[-1][1].limit_kw:
            return newest.command_id
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit that a port was told, for a session, and until when it runs."""

    session_id: str
    limit_kw: float
    until: datetime

    def minutes_from(self, now: datetime) -> int:
        """Whole minutes that are left, one at least: 0 would have no end."""
        return max((self.until - now) // MINUTE, 1)

    def as_json(self) -> dict[str, object]:
        return {
            "session_id": self.session_id,
            "limit_kw": self.limit_kw,
            "until": self.until.isoformat(),
        }

    @classmethod
    def of(cls, told: Mapping[str, object]) -> "Limit":
        """A limit as it was kept."""
        return cls(
            session_id=str(told["session_id"]),
            limit_kw=float(str(told["limit_kw"])),
            until=datetime.fromisoformat(str(told["until"])),
        )


def _fact(place: Place) -> str:
    return f"limit/{place.evse_id}"
