"""Sites, sessions and situations for planner tests, and an independent worst case to hold plans against."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from readyby.model import (
    Channel,
    Evse,
    EvseId,
    RequestId,
    RequestKind,
    SessionId,
    Site,
    SiteId,
)
from readyby.planning.samples import all_features, core_situation
from readyby.planning.situation import DemandPeak, PlannedStay, Situation
from readyby.sites import load_site
from readyby.store.api import AcceptedRequest, PlannedSession, SessionView, SituationData
from readyby.tariff import GridTariff, read_tariff
from readyby.tariff_files import tariff_of

NOW = datetime(2019, 7, 24, 15, 7, tzinfo=UTC)
"""8:07 in the morning at the site: seven minutes into a demand window."""
DATA = Path(__file__).resolve().parents[2] / "data"
TARIFFS = DATA / "tariffs"


def sce() -> GridTariff:
    """The tariff of the sample site."""
    document = json.loads((TARIFFS / "sce_tou_ev_4_march_2019.json").read_text())
    return read_tariff(document, tariff_id="sce", time_zone="America/Los_Angeles")


def a_recorded_site(size: int, *, seed: int) -> Situation:
    """So many recorded sessions behind a limit that binds, with all features."""
    tariff = tariff_of(load_site(DATA, "jpl"), DATA)
    return all_features(
        core_situation(DATA / "sessions" / "jpl_2019-05_2019-08.csv.gz", tariff, size, seed=seed)
    )


def hours(h: float) -> datetime:
    """So many hours from now."""
    return NOW + timedelta(hours=h)


def stay(
    name: str = "a",
    need_kwh: float = 10.0,
    leaves_h: float = 6.0,
    *,
    arrives_h: float = 0.0,
    max_kw: float = 6.656,
    min_kw: float = 0.0,
    cap_kw: float = 0.0,
    nameplate_kw: float | None = None,
) -> PlannedStay:
    return PlannedStay(
        session_id=name,
        arrival_at=hours(arrives_h),
        departure_at=hours(leaves_h),
        need_kwh=need_kwh,
        max_kw=max_kw,
        min_kw=min_kw,
        nameplate_kw=nameplate_kw,
        standing_cap_kw=cap_kw,
    )


def situation(
    *stays: PlannedStay,
    limit_kw: float = 20.0,
    prices: Sequence[tuple[float, float]] = ((0.0, 0.1),),
    demand_usd_per_kw: float = 0.0,
    peak_kw: float = 0.0,
    headroom: bool = False,
) -> Situation:
    """A site with these sessions; `prices` are ($/kWh from so many hours on)."""
    peaks = (DemandPeak(name="demand", price_usd_per_kw=demand_usd_per_kw, peak_kw=peak_kw),)
    return Situation(
        now=NOW,
        sessions=stays,
        limit_kw=((NOW, limit_kw),),
        prices_usd_per_kwh=tuple((hours(at), price) for at, price in prices),
        demand_peaks=peaks if demand_usd_per_kw else (),
        headroom=headroom,
    )


def site(evses: int = 6, *, limit_kw: float = 30.0, cap_kw: float = 2.0) -> Site:
    return Site(
        site_id=SiteId("jpl"),
        name="Test site",
        time_zone="America/Los_Angeles",
        limit_kw=limit_kw,
        tariff_id="sce",
        evses=tuple(
            Evse(evse_id=EvseId(f"E{n}"), max_kw=6.656, min_kw=1.248, standing_cap_kw=cap_kw, voltage_v=208.0)
            for n in range(evses)
        ),
    )


def session(
    n: int,
    *,
    need_kwh: float | None = None,
    leaves_h: float = 8.0,
    kind: RequestKind = RequestKind.NEED,
    delivered_kwh: float = 0.0,
    learned_max_kw: float | None = None,
    started_h: float = -0.5,
) -> SessionView:
    """An active session on EVSE n; without a need it has no request, unless it is of another kind."""
    request = None
    if need_kwh is not None or kind is not RequestKind.NEED:
        request = AcceptedRequest(
            request_id=RequestId(f"r{n}"),
            sequence=n,
            kind=kind,
            channel=Channel.PAGE,
            received_at=NOW,
            departure_at=hours(leaves_h) if kind is RequestKind.NEED else None,
            energy_need_kwh=need_kwh,
            distance_mi=None,
            plan_version=None,
        )
    return SessionView(
        session_id=SessionId(f"S{n}"),
        session_ref=None,
        site_id=SiteId("jpl"),
        evse_id=EvseId(f"E{n}"),
        active=True,
        started_at=hours(started_h),
        ended_at=None,
        delivered_kwh=delivered_kwh,
        power_kw=None,
        measured_at=None,
        eligible=True,
        request=request,
        setpoint_kw=None,
        following=True,
        learned_max_kw=learned_max_kw,
    )


def stored(
    *sessions: SessionView,
    at: Site | None = None,
    billing_peak_kw: float = 5.0,
    not_following: Iterable[str] = (),
    control_paused: bool = False,
    last_plan: tuple[PlannedSession, ...] = (),
) -> SituationData:
    return SituationData(
        site=at or site(),
        now=NOW,
        sessions=sessions,
        billing_peak_kw=billing_peak_kw,
        slot_energy_kwh=0.2,
        last_plan=last_plan,
        last_plan_version=None,
        not_following=tuple(EvseId(e) for e in not_following),
        control_paused=control_paused,
    )


def limit_at(entry: PlannedSession, instant: datetime, cap_kw: float) -> float:
    """What an entry allows at an instant; the standing cap once its lease is over."""
    if instant >= entry.expires_at:
        return cap_kw
    return [step.limit_kw for step in entry.steps if step.start_at <= instant][-1]


def worst_case_kw(
    data: SituationData, entries: Sequence[PlannedSession], circuit: str | None = None
) -> float:
    """The highest load ever, every EVSE at its cap at least, and the largest single one disobeying (I-1).

    Of a circuit: of the EVSEs that hang on it.
    """
    by_evse = {entry.evse_id: entry for entry in entries}
    instants = {
        data.now,
        *(step.start_at for e in entries for step in e.steps),
        *(e.expires_at for e in entries),
    }
    worst = 0.0
    for instant in instants:
        total, surge = 0.0, 0.0
        for evse in data.site.evses:
            if circuit not in (None, evse.circuit):
                continue
            power = evse.standing_cap_kw
            if evse.evse_id in data.not_following:
                power = evse.max_kw
            elif evse.evse_id in by_evse:
                power = max(power, limit_at(by_evse[evse.evse_id], instant, power))
            total += power
            surge = max(surge, evse.max_kw - power)
        worst = max(worst, total + surge)
    return worst
