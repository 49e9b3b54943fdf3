"""What a driver may ask: checked before anything is stored (I-14), and what of it can be met."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from readyby.energy import kwh_of_miles
from readyby.errors import BadInput
from readyby.interval import utc
from readyby.model import RequestKind

if TYPE_CHECKING:
    from readyby.planning.feasibility import Feasibility
    from readyby.store.api import SessionView, SituationData

MOST_STAY = timedelta(hours=48)
LEAST_STAY = timedelta(minutes=1)
MOST_KWH = 200.0
"""No battery of a car on the road takes more in one session."""
MOST_MI = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidRequest:
    """A driver's word, fit to be stored. Energy counts from plug-in; only a need carries figures."""

    kind: RequestKind
    departure_at: datetime | None = None
    energy_need_kwh: float | None = None
    distance_mi: float | None = None


def validate(
    kind: RequestKind,
    *,
    now: datetime,
    wh_per_mi: float,
    departure_at: datetime | None = None,
    energy_need_kwh: float | None = None,
    distance_mi: float | None = None,
) -> ValidRequest:
    """The request, its distance turned into energy at the vehicle's Wh per mile.

    Raises:
        BadInput: no departure, one that is past or too far; no need, two needs, or one that no car has.
    """
    if kind is not RequestKind.NEED:
        return ValidRequest(kind=kind)
    departure = _departure(departure_at, now)
    if energy_need_kwh is not None and distance_mi is not None:
        raise BadInput("energy_need_kwh", energy_need_kwh, "give either energy or distance, not both")
    if distance_mi is not None:
        _within("distance_mi", distance_mi, MOST_MI, "miles")
        energy_need_kwh = kwh_of_miles(distance_mi, wh_per_mi)
    if energy_need_kwh is None:
        raise BadInput("energy_need_kwh", None, "say how much you need, in miles or kWh")
    _within("energy_need_kwh", energy_need_kwh, MOST_KWH, "kWh")
    return ValidRequest(
        kind=kind, departure_at=departure, energy_need_kwh=round(energy_need_kwh, 3), distance_mi=distance_mi
    )


def feasibility(data: "SituationData", session: "SessionView", request: ValidRequest) -> "Feasibility":
    """What a request would come to: energy by departure, and the earliest time for all of it."""
    from readyby.planning.feasibility import find_feasibility

    return find_feasibility(data, session, request)


def _departure(departure_at: datetime | None, now: datetime) -> datetime:
    if departure_at is None:
        raise BadInput("departure", None, "say when you leave")
    if departure_at.tzinfo is None:
        raise BadInput("departure", departure_at.isoformat(), "give it a time zone")
    departure = utc(departure_at)
    if departure < now + LEAST_STAY:
        raise BadInput("departure", departure.isoformat(), "give a time that is still to come")
    if departure > now + MOST_STAY:
        raise BadInput("departure", departure.isoformat(), "give a time within the next 48 hours")
    return departure


def _within(field: str, value: float, most: float, unit: str) -> None:
    if not math.isfinite(value) or not 0 < value <= most:
        raise BadInput(field, value, f"give a number above 0, and of {most:g} {unit} at most")
