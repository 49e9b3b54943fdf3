"""Setpoints as OCPI charging profiles, and what an ActiveChargingProfile says of them (pure).

A profile is absolute, starts in the past, and ends in the standing cap. Limits are rounded down to 0.1 of
their unit: A per phase, or W in total. A limit is a maximum, so an EVSE that holds less still obeys.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor
from typing import Final

from readyby.errors import BadInput
from readyby.exchange.adapter import Setpoint
from readyby.exchange.ocpi.objects import Fields, fields_of, items, number, text
from readyby.exchange.ocpi.wire import BadMessage, instant, stamp

STARTS_BEFORE: Final = timedelta(minutes=1)
"""Clocks differ: a profile that starts a moment ago leaves no gap."""
LEAST_A: Final = 6.0
SECOND_US: Final = 1_000_000
_EPSILON: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What an EVSE is told limits in: its unit, phases and volts; its maximum, and its standing cap."""

    unit: str
    phases: int
    voltage_v: float
    max_kw: float
    standing_cap_kw: float

    @property
    def kw_per_unit(self) -> float:
        return self.phases * self.voltage_v / 1000 if self.unit == "A" else 0.001

    @property
    def quantum_kw(self) -> float:
        return self.kw_per_unit / 10

    def limit(self, limit_kw: float) -> float:
        """A power in the wire's unit, rounded down to one decimal."""
        return floor(limit_kw / self.kw_per_unit * 10 + _EPSILON) / 10


@dataclass(frozen=True, slots=True)
class Held:
    """A ceiling over time as an EVSE holds it, in kW: `limits_kw[i]` from `starts[i]` on."""

    starts: tuple[datetime, ...]
    limits_kw: tuple[float, ...]

    def at(self, at: datetime) -> float:
        return self.limits_kw[max(0, bisect_right(self.starts, at) - 1)]


def charging_profile(
    setpoint: Setpoint,
    rating: Rating,
    now: datetime,
    *,
    takes_zero: bool = True,
    duration_s: int | None = None,
) -> dict[str, object]:
    """The ChargingProfile of a setpoint.

    Raises:
        BadInput: a limit lies between 0 and 6 A, or is 0 where the EVSE takes no 0.
    """
    start_at = now.astimezone(UTC).replace(microsecond=0) - STARTS_BEFORE
    points = [(step.start_at, step.limit_kw) for step in setpoint.steps]
    if setpoint.expires_at is not None:
        points.append((setpoint.expires_at, min(rating.standing_cap_kw, rating.max_kw)))
    periods: list[tuple[int, float]] = []
    for at_s, limit_kw in _by_second(points, start_at):
        limit = _checked(rating.limit(limit_kw), rating, takes_zero=takes_zero)
        if not periods or periods[-1][1] != limit:
            periods.append((at_s, limit))
    profile: dict[str, object] = {
        "start_date_time": stamp(start_at),
        "charging_rate_unit": rating.unit,
        "charging_profile_period": [{"start_period": at, "limit": limit} for at, limit in periods],
    }
    if duration_s is not None:
        profile["duration"] = periods[-1][0] + duration_s
    return profile


def _by_second(points: Sequence[tuple[datetime, float]], start_at: datetime) -> list[tuple[int, float]]:
    """A power sequence in whole seconds from its start: in each second the least that it has there.

    So rises are never early and falls never late. The first point also holds before its start.
    """
    starts_us = [(at - start_at) // timedelta(microseconds=1) for at, _ in points]
    marks = {0} | {mark for at in starts_us if at > 0 for mark in (at // SECOND_US, at // SECOND_US + 1)}
    found = []
    for mark in sorted(marks):
        first = max(0, bisect_right(starts_us, mark * SECOND_US) - 1)
        end = max(first + 1, bisect_left(starts_us, (mark + 1) * SECOND_US))
        found.append((mark, min(limit_kw for _, limit_kw in points[first:end])))
    return found


def _checked(limit: float, rating: Rating, *, takes_zero: bool) -> float:
    if limit == 0 and not takes_zero:
        raise BadInput("limit_kw", 0, "this network's EVSEs take no 0: plan at least their least power")
    if rating.unit == "A" and 0 < limit < LEAST_A:
        raise BadInput("limit_kw", limit, f"{limit:g} A is between 0 and 6 A: use one of both")
    return limit


def parse_profile(value: object, rating: Rating, start_at: datetime | None = None) -> Held:
    """What a charging profile limits, in kW.

    Raises:
        BadMessage: it is none, or it has no period.
    """
    fields = fields_of(value, "charging_profile")
    unit = text(fields, "charging_rate_unit")
    if unit not in {"A", "W"}:
        raise BadMessage("charging_rate_unit: neither A nor W")
    own_start = fields.get("start_date_time")
    begin = instant(own_start, "start_date_time") if own_start is not None else start_at
    if begin is None:
        raise BadMessage("start_date_time: missing")
    kw_per_unit = rating.phases * rating.voltage_v / 1000 if unit == "A" else 0.001
    points = sorted(_point(each) for each in items(fields, "charging_profile_period"))
    if not points:
        raise BadMessage("charging_profile_period: empty")
    try:
        starts = tuple(begin + timedelta(seconds=start_s) for start_s, _ in points)
    except OverflowError:
        raise BadMessage("start_period: beyond all time") from None
    return Held(starts, tuple(limit * kw_per_unit for _, limit in points))


def _point(value: object) -> tuple[float, float]:
    fields: Fields = fields_of(value, "charging_profile_period")
    start_s, limit = number(fields, "start_period"), number(fields, "limit")
    if start_s < 0 or limit < 0:
        raise BadMessage("charging_profile_period: below 0")
    return start_s, limit


def parse_active_profile(value: object, rating: Rating) -> Held:
    """What an ActiveChargingProfile limits, in kW.

    Raises:
        BadMessage: it is none.
    """
    fields = fields_of(value, "profile")
    start_at = instant(fields.get("start_date_time"), "start_date_time")
    return parse_profile(fields.get("charging_profile"), rating, start_at)


def held_command(
    active: Held,
    sent: Sequence[tuple[str, Held]],
    rating: Rating,
    start: datetime,
    end: datetime,
    *,
    exactly: bool = False,
) -> str | None:
    """Which of the commands sent, the newest last, an EVSE holds by its word over [start, end].

    The newest that is the same; else, unless `exactly`, the newest of all where a limit of somebody else's
    lowers it; else none. An EVSE that shows its maximum holds none, unless it was told the maximum.
    """
    for command_id, held in reversed(sent):
        if _compare(active, held, rating, start, end) == 0:
            return command_id
    if exactly or not sent or active.at(start) >= rating.max_kw - rating.quantum_kw:
        return None
    command_id, held = sent[-1]
    return command_id if _compare(active, held, rating, start, end) < 0 else None


def _compare(active: Held, told: Held, rating: Rating, start: datetime, end: datetime) -> int:
    """0: the same within rounding; -1: nowhere higher; 1: higher somewhere."""
    tolerance_kw = 1.5 * rating.quantum_kw + 0.01 * rating.max_kw
    near = timedelta(seconds=2)
    marks = {start, *(at for at in (*active.starts, *told.starts) if start <= at < end)}
    pairs = [
        (active.at(at), told.at(at))
        for at in marks
        if not any(abs(at - other) <= near and at < other for other in marks)
    ]
    if any(mine > theirs + tolerance_kw for mine, theirs in pairs):
        return 1
    return 0 if all(abs(mine - theirs) <= tolerance_kw for mine, theirs in pairs) else -1


def is_limited(active: Held, rating: Rating, now: datetime, until: datetime) -> bool:
    """Whether a profile, and not nothing or the standing cap, is in force from now on until an instant."""
    instants = (now, *(at for at in active.starts if now < at < until))
    limits_kw = [active.at(at) for at in instants]
    is_capped = all(abs(kw - rating.standing_cap_kw) <= rating.quantum_kw for kw in limits_kw)
    return not is_capped and min(limits_kw) < rating.max_kw - rating.quantum_kw
