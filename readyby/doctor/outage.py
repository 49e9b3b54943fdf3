"""What an outage of ReadyBy could cost: leases end, and every EVSE falls back to its standing cap (D4)."""

from dataclasses import dataclass
from datetime import datetime

from readyby.any_store import core_answers, open_any_store
from readyby.circuits import unclaimed_circuits
from readyby.clocks import SystemClock
from readyby.doctor.findings import Finding, ok, warn
from readyby.errors import NotFound
from readyby.model import Site, SiteId
from readyby.outlook_files import building_of
from readyby.settings import Settings
from readyby.sites import load_site
from readyby.tariff import GridTariff
from readyby.tariff_files import tariff_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageCost:
    """`worst_kw`: all EVSEs on their standing caps. `above_peak_kw`: how far that is above the month's
    billing peak so far. `usd`: what that adds to the month's demand charges.
    """

    worst_kw: float
    above_peak_kw: float
    usd: float


def outage_cost(site: Site, tariff: GridTariff, *, billing_peak_kw: float, at: datetime) -> OutageCost:
    """The worst that an outage in the billing month of `at` could cost."""
    worst_kw = sum(evse.standing_cap_kw for evse in site.evses)
    month = tariff.billing_month(at)
    peaks = {charge.name: charge.price_usd_per_kw for charge in tariff.demand_charges_of(month)}
    above_kw = max(0.0, worst_kw - billing_peak_kw)
    return OutageCost(worst_kw=worst_kw, above_peak_kw=above_kw, usd=above_kw * sum(peaks.values()))


def check_limit_safety(settings: Settings) -> Finding:
    site = load_site(settings.data_dir, settings.site_id)
    at, billing_peak_kw = _now_and_peak(settings)
    cost = outage_cost(site, tariff_of(site, settings.data_dir), billing_peak_kw=billing_peak_kw, at=at)
    building_kw = building_of(site, settings.data_dir).highest_kw
    fits = cost.worst_kw + site.other_kw <= site.limit_kw - building_kw
    detail = (
        f"limit_safety: {'claimed' if fits else 'not_claimed'}; an outage of ReadyBy could draw "
        f"{cost.worst_kw:.1f} kW of "
        f"{site.limit_kw:g} kW on standing caps, {cost.above_peak_kw:.1f} kW above this month's peak of "
        f"{billing_peak_kw:.1f} kW: ${cost.usd:.2f} of demand charge"
    )
    unclaimed = unclaimed_circuits(site)
    if building_kw:
        detail += f"; beside the building's {building_kw:.1f} kW"
    if unclaimed:
        detail += f"; not_claimed for {', '.join(f'circuit {name}' for name in unclaimed)}"
    if unclaimed or not fits:
        return warn(
            "limit_safety",
            detail,
            "lower standing_cap_kw in the site file and in the EVSEs until their sum fits each limit",
        )
    if site.circuits:
        detail += f"; claimed for all {len(site.circuits)} circuits"
    return ok("limit_safety", detail)


def _now_and_peak(settings: Settings) -> tuple[datetime, float]:
    from readyby.store.api import GrantedTime, ReadSituation

    now = SystemClock().now()
    if not (core_answers(settings.socket_path) or settings.database_path.exists()):
        return now, 0.0
    with open_any_store(settings) as store:
        at = store.ask(GrantedTime()) or now
        try:
            return at, store.ask(ReadSituation(site_id=SiteId(settings.site_id), now=at)).billing_peak_kw
        except NotFound:
            return at, 0.0
