"""What a wish would come to, told before it is saved."""

import importlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from readyby.requests import ValidRequest, feasibility
from readyby.store.api import DriverStatus, ReadSituation
from readyby.web.driver import DriverDesk, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Energy since plug-in by departure; `earliest_at`, when all of the need could be there at best."""

    request: ValidRequest
    possible_kwh: float
    earliest_at: datetime | None
    met: bool


def foresee(desk: DriverDesk, status: DriverStatus, wish: Wish) -> Outlook:
    """Plan the site as if the wish were saved.

    Raises:
        BadInput: as `DriverDesk.judge`.
        Unreachable, NotFound: as the store.
    """
    request = desk.judge(status, wish)
    situation = desk.store.ask(ReadSituation(site_id=status.site.site_id, now=desk.clock.now()))
    found = feasibility(situation, status.session, request)
    return Outlook(
        request=request,
        possible_kwh=found.energy_by_departure_kwh,
        earliest_at=found.earliest_at,
        met=found.met,
    )


def prepare() -> None:
    """Load the planner now: the first driver who looks ahead would else wait for it."""
    importlib.import_module("readyby.planning.feasibility")


QUARTER: Final = timedelta(minutes=15)
SURELY_KW: Final = 2.0
"""A need whose average power is below this fits nearly every stay: it is saved without a look ahead."""


def needs_a_look(wish: Wish, wh_per_mi: float, now: datetime) -> bool:
    """Whether a wish is so much for its time that it is planned before it is saved."""
    if wish.departure_at is None:
        return False
    energy_kwh = wish.energy_need_kwh or (wish.distance_mi or 0.0) * wh_per_mi / 1000
    stay_h = max(0.0, (wish.departure_at - now).total_seconds() / 3600)
    return energy_kwh > SURELY_KW * stay_h


def later_time(outlook: Outlook) -> datetime | None:
    """When all of it can be there, at a quarter of an hour that a form can hold."""
    if outlook.earliest_at is None:
        return None
    start = outlook.earliest_at.replace(minute=0, second=0, microsecond=0)
    return start + QUARTER * -((start - outlook.earliest_at) // QUARTER)
