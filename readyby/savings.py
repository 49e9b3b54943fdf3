"""What a session came to: energy, its cost by the grid tariff, the promise, and the uncontrolled twin."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np

from readyby.interval import Interval
from readyby.model import Evse, RequestKind, Site
from readyby.store.api import AcceptedRequest, MeterPoint, Settlement, Unsettled
from readyby.tariff import GridTariff

_KEPT_KWH = 0.1
_KEPT_SHARE = 0.02
_EARLY = timedelta(minutes=5)
_NOT_DRAWING_KW = 0.1


def settle(
    unsettled: Unsettled, tariff: GridTariff, site: Site, *, now: datetime | None = None
) -> Settlement:
    """Settle an ended session; costs are energy by time of use, without a share of demand charges.

    A promise is `kept` when the need, less a tolerance of 0.1 kWh or 2 %, was there at departure, or the
    car took no more although it could; else `left_early` when the driver left before the time stated,
    else `short`.
    """
    session = unsettled.session
    end = session.ended_at or now or session.started_at
    energy = max(0.0, session.delivered_kwh)
    times, energies = meter_line(unsettled.session.started_at, unsettled.meter, end, energy)
    evse = next((evse for evse in site.evses if evse.evse_id == session.evse_id), None)
    twin = twin_line(session.started_at, end, energy, evse)
    promise, shortfall = _promise(unsettled, end, times, energies, evse)
    return Settlement(
        session_id=session.session_id,
        energy_kwh=energy,
        cost_usd=_cost_usd(tariff, times, energies),
        uncontrolled_cost_usd=_cost_usd(tariff, *twin),
        uncontrolled_energy_kwh=twin[1][-1],
        promise=promise,
        shortfall_kwh=shortfall,
        settled_at=now or end,
    )


def uncontrolled_kw(evse: Evse | None) -> float:
    """What a session draws at once from arrival when nobody plans it: its EVSE's standing cap."""
    return evse.standing_cap_kw if evse is not None else 0.0


def meter_line(
    start: datetime, meter: Iterable[MeterPoint], end: datetime, energy_kwh: float
) -> tuple[list[datetime], list[float]]:
    """Energy so far at instants from start to end: never falling (I-23), ending at what was delivered."""
    times, energies = [start], [0.0]
    for point in sorted(meter, key=lambda point: point.at):
        if start < point.at < end:
            times.append(point.at)
            energies.append(min(max(point.energy_kwh, energies[-1]), energy_kwh))
    if end > times[-1]:
        times.append(end)
        energies.append(energy_kwh)
    return times, energies


def _cost_usd(tariff: GridTariff, times: list[datetime], energies_kwh: list[float]) -> float:
    if times[-1] <= times[0]:
        return 0.0
    rates = tariff.rates(Interval(times[0], times[-1]))
    return weighed([(rate.interval, rate.price_usd_per_kwh) for rate in rates], times, energies_kwh)


def weighed(
    rates: Iterable[tuple[Interval, float]], times: list[datetime], energies_kwh: list[float]
) -> float:
    """What a line of energy so far comes to, at so much per kWh in each interval."""
    pairs = list(rates)
    edges = np.array([(span.start.timestamp(), span.end.timestamp()) for span, _ in pairs]).reshape(-1, 2)
    there = np.interp(edges, np.array([instant.timestamp() for instant in times]), np.array(energies_kwh))
    return float((there[:, 1] - there[:, 0]) @ np.array([value for _, value in pairs]))


def twin_line(
    start: datetime, end: datetime, energy_kwh: float, evse: Evse | None
) -> tuple[list[datetime], list[float]]:
    """Energy so far of the same session, charged at once from arrival under its standing cap."""
    power = uncontrolled_kw(evse)
    if power <= 0 or energy_kwh <= 0 or end <= start:
        return [start, start], [0.0, 0.0]
    done = min(end, start + timedelta(hours=energy_kwh / power))
    return [start, done], [0.0, min(energy_kwh, power * (done - start).total_seconds() / 3600)]


def _promise(
    unsettled: Unsettled, end: datetime, times: list[datetime], energies_kwh: list[float], evse: Evse | None
) -> tuple[str, float]:
    request = promised(unsettled.requests)
    if request is None or request.energy_need_kwh is None or request.departure_at is None:
        return "none", 0.0
    due = min(end, request.departure_at)
    at = np.array([instant.timestamp() for instant in times])
    there = float(np.interp(due.timestamp(), at, np.array(energies_kwh)))
    shortfall = max(0.0, request.energy_need_kwh - there)
    if shortfall <= max(_KEPT_KWH, _KEPT_SHARE * request.energy_need_kwh):
        return "kept", 0.0
    if _took_no_more(unsettled, due, evse):
        return "kept", 0.0
    return ("left_early" if end < request.departure_at - _EARLY else "short"), shortfall


def promised(requests: tuple[AcceptedRequest, ...]) -> AcceptedRequest | None:
    """The need in force: the newest request, if it is one."""
    newest = max(requests, key=lambda request: request.sequence, default=None)
    return newest if newest is not None and newest.kind is RequestKind.NEED else None


def _took_no_more(unsettled: Unsettled, due: datetime, evse: Evse | None) -> bool:
    """The car drew nothing in its last three readings although its EVSE offered power."""
    least = evse.min_kw if evse is not None else 0.0
    offered = unsettled.session.setpoint_kw
    if offered is not None and offered < least:
        return False
    last = [
        point.power_kw for point in sorted(unsettled.meter, key=lambda point: point.at) if point.at <= due
    ][-3:]
    return len(last) == 3 and max(last) < _NOT_DRAWING_KW
