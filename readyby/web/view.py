"""What a driver's page says about a session: words and figures, made of what the store knows; pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from readyby import words
from readyby.energy import miles_of_kwh
from readyby.estimate import Saving
from readyby.model import RequestKind, SessionRef
from readyby.store.api import AcceptedRequest, DriverStatus
from readyby.wall import local_date

STALE_AFTER = timedelta(minutes=3)
DRAWING_KW = 0.3
SHORT_KWH = 0.05
LEAST_USD, LEAST_CO2_KG = 0.01, 0.05
_FRESH = timedelta(seconds=3)
_GRACE_STEP_KW = 0.01
_SAYS_WAITING = re.compile(r"^(?:Waits until|Starts at|Espera hasta|Empieza)\b.*?\.(?:\s+(?=[A-Z¿¡ÁÉÍÓÚ])|$)")
_SAYS_CHARGING = re.compile(r"^(?:Charging now|Cargando ahora)\b.*?\.(?:\s+(?=[A-Z¿¡ÁÉÍÓÚ])|$)")


class Phase(StrEnum):
    """Where a session stands, from the driver's point of view."""

    ASKING = "asking"
    PLANNING = "planning"
    ON_TRACK = "on_track"
    SHORT = "short"
    READY = "ready"
    FULL_POWER = "full_power"
    RELEASED = "released"
    PAUSED = "paused"
    ENDED = "ended"


_PROMISED = frozenset({Phase.ON_TRACK, Phase.SHORT, Phase.READY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the promise is kept; `share` is in [0, 1]."""

    share: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverView:
    """The status part of a page, ready to be shown; every text is in the driver's language."""

    session_ref: SessionRef
    language: str
    zone: ZoneInfo
    phase: Phase
    headline: str
    activity: str
    why: str
    saving: str
    saves: bool
    notices: tuple[str, ...]
    progress: Progress | None
    updated: str
    stale: bool
    unit: str


def preferred_unit(request: AcceptedRequest | None) -> str:
    """`kwh` for a driver who last spoke in kWh, else `mi`."""
    speaks_kwh = request and request.energy_need_kwh is not None and request.distance_mi is None
    return "kwh" if speaks_kwh else "mi"


def amount(energy_kwh: float, unit: str, wh_per_mi: float) -> str:
    """An energy in the driver's unit: `40 mi` or `11.6 kWh`."""
    if unit == "kwh":
        return words.energy(energy_kwh)
    return words.distance(miles_of_kwh(energy_kwh, wh_per_mi))


def figure(energy_kwh: float, unit: str, wh_per_mi: float) -> str:
    """An amount without its unit, for "31 of 40 mi"."""
    if unit == "kwh":
        return words.number(energy_kwh)
    return words.miles_figure(miles_of_kwh(energy_kwh, wh_per_mi))


def amount_in_full(energy_kwh: float, unit: str, wh_per_mi: float) -> str:
    """An energy in the driver's unit, miles with their kWh: `40 mi (11.6 kWh)`."""
    if unit == "kwh":
        return words.energy(energy_kwh)
    return f"{amount(energy_kwh, unit, wh_per_mi)} ({words.energy(energy_kwh)})"


def describe(
    status: DriverStatus,
    now: datetime,
    language: str,
    _: Callable[[str], str],
    *,
    saving: Saving | None = None,
    in_full: bool = False,
) -> DriverView:
    """The status part of a page at an instant; `_` puts English into the language.

    `in_full` spells weekdays out, for where there is room.
    """
    zone = ZoneInfo(status.site.time_zone)
    phase = phase_of(status)
    unit = preferred_unit(status.last_request)
    as_of = status.session.measured_at or status.feed_as_of
    age = now - as_of if as_of else None
    stale = phase is not Phase.ENDED and (age is None or age > max(STALE_AFTER, 2 * status.meter_every))
    tell = _Teller(status, now, language, zone, unit, _, words.when_in_full if in_full else words.when)
    return DriverView(
        session_ref=status.session.session_ref or SessionRef(""),
        language=language,
        zone=zone,
        phase=phase,
        headline=tell.headline(phase),
        activity=tell.activity(phase),
        why=tell.why(phase),
        saving=saving_text(saving, _) if saving and phase in _PROMISED else "",
        saves=saving is not None and saving.usd >= LEAST_USD,
        notices=tell.notices(phase, stale=stale),
        progress=tell.progress(phase),
        updated="" if phase is Phase.ENDED else _freshness(age, _),
        stale=stale,
        unit=unit,
    )


def true_now(explanation: str, power_kw: float | None) -> str:
    """What the plan says of itself, without a first sentence that the meter contradicts.

    A car that the plan holds back may still draw a little, and one that it feeds may take nothing: what it
    does right now is told from its meter, and the plan's words must not deny it.
    """
    if power_kw is None:
        return explanation
    denied = _SAYS_WAITING if power_kw >= DRAWING_KW else _SAYS_CHARGING
    return denied.sub("", explanation)


def _freshness(age: timedelta | None, _: Callable[[str], str]) -> str:
    if age is None:
        return _("no reading yet")
    return _("updated just now") if age < _FRESH else _("updated {age} ago").format(age=words.span(age))


def saving_text(saving: Saving, _: Callable[[str], str]) -> str:
    """What is saved, said as the estimate that it is; more is told as plainly as less, if comparable."""
    found = [(saving.usd, LEAST_USD, f"${abs(saving.usd):.2f}")]
    if saving.co2_kg is not None:
        found.append((saving.co2_kg, LEAST_CO2_KG, f"{words.number(abs(saving.co2_kg))} kg CO₂"))
    less = _(" and ").join(text for value, least, text in found if value >= least)
    more = _(" and ").join(text for value, least, text in found if value <= -least and saving.alike)
    if less and more:
        return _("About {less} less than charging at once, but {more} more.").format(less=less, more=more)
    if less:
        return _("About {less} less than charging at once.").format(less=less)
    text = _("About {more} more for the energy than charging at once, to keep the site's peak low.")
    return text.format(more=more) if more else ""


def phase_of(status: DriverStatus) -> Phase:
    """Where the session stands."""
    request = status.last_request
    if not status.session.active:
        return Phase.ENDED
    if request is None:
        return Phase.PAUSED if status.control_paused else Phase.ASKING
    if request.kind is RequestKind.CHARGE_NOW:
        return Phase.FULL_POWER
    if request.kind is RequestKind.RELEASE:
        return Phase.RELEASED
    need_kwh = request.energy_need_kwh or 0.0
    if status.session.delivered_kwh >= need_kwh - SHORT_KWH:
        return Phase.READY
    if status.control_paused:
        return Phase.PAUSED
    if status.planned is None or request.plan_version is None:
        return Phase.PLANNING
    return Phase.SHORT if status.planned.shortfall_kwh > SHORT_KWH else Phase.ON_TRACK


@dataclass(frozen=True, slots=True)
class _Teller:
    """Puts one status into words."""

    status: DriverStatus
    now: datetime
    language: str
    zone: ZoneInfo
    unit: str
    _: Callable[[str], str]
    when: Callable[[datetime, ZoneInfo, str], str]

    def headline(self, phase: Phase) -> str:
        _, session = self._, self.status.session
        match phase:
            case Phase.ENDED:
                ended_at = session.ended_at or self.now
                return _("Unplugged {when}").format(when=self._when(ended_at))
            case Phase.ASKING:
                return _("When do you leave?")
            case Phase.PAUSED | Phase.RELEASED:
                return _("Charging as usual")
            case Phase.FULL_POWER:
                return _("Charging now, as fast as it can")
            case Phase.READY:
                return _("Ready, with all you asked for")
            case Phase.SHORT:
                return _("{possible} of {need} by {when}").format(
                    possible=self._figure(self._possible_kwh()),
                    need=self._amount(self._need_kwh()),
                    when=self._when(self._departure()),
                )
            case _:
                return _("Ready by {when}").format(when=self._when(self._departure()))

    def activity(self, phase: Phase) -> str:
        """What the car does right now."""
        _, session = self._, self.status.session
        if phase is Phase.ENDED:
            return _("{energy} added").format(energy=self._in_full(session.delivered_kwh))
        if session.power_kw is not None and session.power_kw >= DRAWING_KW:
            usual = phase in (Phase.ASKING, Phase.PAUSED, Phase.RELEASED)
            text = _("Charging as usual, at {power}") if usual else _("Charging at {power}")
            return text.format(power=words.power(session.power_kw))
        resumes_at = self._resumes_at()
        if resumes_at is not None:
            return _("Waiting on purpose until {when}").format(when=self._soon(resumes_at))
        if session.power_kw is None:
            return _("Plugged in")
        if phase is Phase.READY:
            return _("Finished")
        return _("The car is not drawing power right now")

    def why(self, phase: Phase) -> str:
        _ = self._
        match phase:
            case Phase.ASKING:
                return _("Tell us when you leave and what you need, and it charges when power is cheapest.")
            case Phase.FULL_POWER:
                return _("You asked to charge at once. The site's limit is shared with the other cars.")
            case Phase.RELEASED:
                return _("You took control back: the car charges as if ReadyBy were not there.")
            case Phase.PAUSED:
                return _("The operator has paused smart charging here. No promise is in force right now.")
            case Phase.PLANNING:
                return _("Your answer is saved. The plan takes a moment.")
            case Phase.ENDED:
                again = _("The next time you plug in, a new text message brings a new link.")
                return f"{self._saved()} {again}".lstrip()
            case _:
                explanation = self.status.planned.explanation if self.status.planned else {}
                said = explanation.get(self.language, explanation.get("en", ""))
                return true_now(said, self.status.session.power_kw)

    def notices(self, phase: Phase, *, stale: bool) -> tuple[str, ...]:
        """What is not as it should be."""
        _, found = self._, []
        if phase is Phase.ENDED:
            return ()
        if stale:
            found.append(self._silence())
        if not self.status.session.following:
            found.append(_("The station does not follow our settings right now; the others plan around it."))
        return tuple(found)

    def _silence(self) -> str:
        """Who is silent: the whole charging network, or this station only."""
        _, as_of = self._, self.status.feed_as_of
        if as_of is not None and self.now - as_of > STALE_AFTER:
            text = _(
                "No contact with the charging network since {when}. Your car keeps to its last plan; "
                "what you save is kept and takes effect when contact is back."
            )
            return text.format(when=self._soon(as_of))
        return _("We have not heard from the station for a while; what you see may be old.")

    def progress(self, phase: Phase) -> Progress | None:
        delivered_kwh, need_kwh = self.status.session.delivered_kwh, self._need_kwh()
        if phase is Phase.ENDED or not need_kwh:
            return None
        text = self._("{delivered} of {need} added").format(
            delivered=self._figure(delivered_kwh), need=self._in_full(need_kwh)
        )
        return Progress(share=min(1.0, delivered_kwh / need_kwh), text=text)

    def _saved(self) -> str:
        settled = self.status.settled
        if settled is None:
            return ""
        saved_usd = settled.uncontrolled_cost_usd - settled.cost_usd
        if saved_usd < 0.01:
            return ""
        return self._("${saved} less for energy than charging at once.").format(saved=f"{saved_usd:.2f}")

    def _resumes_at(self) -> datetime | None:
        """When power comes again, where the plan holds it back now."""
        planned = self.status.planned
        if planned is None or not planned.controlled:
            return None
        current = [step for step in planned.steps if step.start_at <= self.now]
        if not current or current[-1].limit_kw > _GRACE_STEP_KW:
            return None
        later = [
            step.start_at
            for step in planned.steps
            if step.start_at > self.now and step.limit_kw > _GRACE_STEP_KW
        ]
        return min(later, default=None)

    def _need_kwh(self) -> float:
        request = self.status.last_request
        return (request.energy_need_kwh or 0.0) if request and request.kind is RequestKind.NEED else 0.0

    def _possible_kwh(self) -> float:
        planned = self.status.planned
        return max(0.0, self._need_kwh() - (planned.shortfall_kwh if planned else 0.0))

    def _departure(self) -> datetime:
        request = self.status.last_request
        return request.departure_at if request and request.departure_at else self.now

    def _soon(self, instant: datetime) -> str:
        """Today without its weekday."""
        today = local_date(self.now, self.zone) == local_date(instant, self.zone)
        return words.clock(instant, self.zone) if today else self._when(instant)

    def _when(self, instant: datetime) -> str:
        return self.when(instant, self.zone, self.language)

    def _figure(self, energy_kwh: float) -> str:
        return figure(energy_kwh, self.unit, self.status.wh_per_mi)

    def _amount(self, energy_kwh: float) -> str:
        return amount(energy_kwh, self.unit, self.status.wh_per_mi)

    def _in_full(self, energy_kwh: float) -> str:
        return amount_in_full(energy_kwh, self.unit, self.status.wh_per_mi)
