"""What a request would come to, told before it is stored."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from readyby.model import Channel, RequestId, RequestKind
from readyby.planning.facade import Solved, solve
from readyby.planning.grid import lay_grid
from readyby.planning.intake import PlanSettings, cast, situate
from readyby.planning.limits import Room
from readyby.requests import ValidRequest
from readyby.store.api import AcceptedRequest, SessionView, SituationData
from readyby.tariff import GridTariff, LocalTime, TouPeriod

_ENOUGH_KWH = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasibility:
    """Energy since plug-in that would be there at departure, and when all of the need could be at best.

    `earliest_at` is None when the session's EVSE cannot be planned.
    """

    energy_by_departure_kwh: float
    earliest_at: datetime | None
    met: bool


def find_feasibility(
    data: SituationData, session: SessionView, request: ValidRequest, *, settings: PlanSettings | None = None
) -> Feasibility:
    """Plan the site as if the request were stored already, prices aside."""
    if request.kind is not RequestKind.NEED or request.energy_need_kwh is None:
        return Feasibility(energy_by_departure_kwh=session.delivered_kwh, earliest_at=data.now, met=True)
    asked = replace(session, request=_accepted(request, data.now))
    others = tuple(asked if s.session_id == session.session_id else s for s in data.sessions)
    cast_ = cast(replace(data, sessions=others))
    solved = solve(lay_grid(situate(data, cast_, _FLAT, settings or PlanSettings())))
    index = next((i for i, s in enumerate(solved.grid.stays) if s.session_id == session.session_id), None)
    if index is None:
        return Feasibility(energy_by_departure_kwh=session.delivered_kwh, earliest_at=None, met=False)
    planned = float(solved.grid.delivered_kwh(solved.power_kw)[index])
    need = float(solved.grid.need_kwh[index])
    met = planned >= need - _ENOUGH_KWH
    return Feasibility(
        energy_by_departure_kwh=session.delivered_kwh + min(planned, need),
        earliest_at=_earliest_at(solved, index),
        met=met,
    )


def _earliest_at(solved: Solved, index: int) -> datetime:
    """When the need is met if the session takes at once all that the others' plans leave."""
    grid = solved.grid
    cells = np.flatnonzero(grid.cell_session == index)
    room = Room(grid, solved.limits, np.where(grid.cell_session == index, 0.0, solved.power_kw))
    missing = float(grid.need_kwh[index])
    for cell in cells:
        power = min(float(grid.max_kw[index]), room.of(int(cell)))
        gain = max(0.0, power) * float(grid.cell_kwh_per_kw[cell])
        if gain >= missing:
            share = missing / gain if gain > 0 else 0.0
            return grid.starts[int(grid.cell_slot[cell])] + timedelta(hours=share * float(grid.cell_h[cell]))
        missing -= gain
    rate = float(grid.max_kw[index]) * grid.situation.draw_ratio
    return grid.stays[index].departure_at + timedelta(hours=missing / rate)


def _accepted(request: ValidRequest, now: datetime) -> AcceptedRequest:
    return AcceptedRequest(
        request_id=RequestId("what-if"),
        sequence=0,
        kind=request.kind,
        channel=Channel.PAGE,
        received_at=now,
        departure_at=request.departure_at,
        energy_need_kwh=request.energy_need_kwh,
        distance_mi=request.distance_mi,
        plan_version=None,
    )


_FLAT = GridTariff(
    tariff_id="flat",
    name="no prices",
    time_zone="UTC",
    periods=(TouPeriod(price_usd_per_kwh=0.0, hours=LocalTime()),),
)
