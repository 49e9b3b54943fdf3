"""What a stay is likely to save: metered as it was, planned as it will be, against charging at once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readyby.estimate import Saving, estimate, stay_of
from readyby.interval import Interval
from readyby.model import Step
from readyby.savings import settle
from readyby.store.api import DriverStatus, MeterPoint, Unsettled
from readyby.tariff import Rate
from readyby.web.texts import translator
from readyby.web.view import saving_text
from tests.support.planning import sce
from tests.web.test_view import NOW, PLANNED, SESSION, SITE, status

START, END = NOW, NOW + timedelta(hours=8)
DEAR_UNTIL = START + timedelta(hours=4)
RATES = (
    Rate(interval=Interval(START, DEAR_UNTIL), price_usd_per_kwh=0.30),
    Rate(interval=Interval(DEAR_UNTIL, END), price_usd_per_kwh=0.10),
)
CO2 = ((Interval(START, DEAR_UNTIL), 0.5), (Interval(DEAR_UNTIL, END), 0.2))


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def stay(
    *steps: tuple[float, float], delivered_kwh: float = 0.0, metered: tuple[Any, ...] = ()
) -> DriverStatus:
    """A stay of eight hours from `NOW` on that needs 5 kWh; its EVSE's cap is 2.5 kW."""
    planned = replace(
        PLANNED,
        steps=tuple(Step(at(hour), kw) for hour, kw in steps),
        departure_at=END,
        energy_need_kwh=5.0,
    )
    points = tuple(MeterPoint(at=at(hour), power_kw=0.0, energy_kwh=kwh) for hour, kwh in metered)
    session = {"started_at": START, "delivered_kwh": delivered_kwh}
    return status(session, planned=planned, metered=points)


def saved(found: DriverStatus, hour: float = 0.0, co2: Any = CO2) -> Saving:
    saving = estimate(found, at(hour), RATES, co2)
    assert saving is not None
    return saving


def test_waiting_for_the_cheap_half_saves_the_difference() -> None:
    saving = saved(stay((0, 0.0), (4, 5.0)))
    assert saving.usd == pytest.approx(5 * 0.30 - 5 * 0.10)
    assert saving.co2_kg == pytest.approx(5 * 0.5 - 5 * 0.2)
    assert saving.alike


def test_what_the_meter_counted_is_priced_as_it_was() -> None:
    found = stay((0, 0.0), (4, 5.0), delivered_kwh=2.0, metered=((1, 1.0), (2, 2.0)))
    assert saved(found, hour=3).usd == pytest.approx(5 * 0.30 - (2 * 0.30 + 3 * 0.10))


def test_nothing_beyond_the_need_is_counted() -> None:
    assert saved(stay((0, 5.0))).usd == pytest.approx(0.0)
    assert saved(stay((0, 5.0), delivered_kwh=5.0, metered=((1, 5.0),)), hour=4).usd == pytest.approx(0.0)


def test_more_is_more() -> None:
    rates = (replace(RATES[0], price_usd_per_kwh=0.10), replace(RATES[1], price_usd_per_kwh=0.30))
    saving = estimate(stay((0, 0.0), (4, 5.0)), START, rates, None)
    assert saving is not None
    assert saving.usd == pytest.approx(-1.0)
    assert saving.co2_kg is None


def test_a_twin_that_gets_less_is_no_measure_of_more() -> None:
    short = stay((0, 5.0))
    planned = replace(short.planned or PLANNED, departure_at=at(1))
    saving = estimate(replace(short, planned=planned), START, RATES, None)
    assert saving is not None
    assert not saving.alike


@pytest.mark.parametrize(
    "found",
    [
        status(planned=None),
        status(planned=replace(PLANNED, controlled=False)),
        status(planned=replace(PLANNED, departure_at=None)),
        status(planned=replace(PLANNED, departure_at=SESSION.started_at)),
    ],
)
def test_without_a_plan_of_a_stay_nothing_is_claimed(found: DriverStatus) -> None:
    assert stay_of(found) is None
    assert estimate(found, NOW, RATES, None) is None


def test_without_prices_nothing_is_claimed() -> None:
    assert estimate(stay((0, 5.0)), NOW, (), CO2) is None


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 2), min_size=1, max_size=8),
    st.floats(1.0, 8.0),
)
def test_at_the_end_it_says_what_the_settlement_will(powers: list[float], need_kwh: float) -> None:
    """All is metered by then: the estimate and the settlement price the same two lines."""
    energies, points = 0.0, []
    for hour, power in enumerate(powers, start=1):
        energies = min(need_kwh, energies + power)
        points.append(MeterPoint(at=at(hour), power_kw=power, energy_kwh=energies))
    end = at(len(powers))
    view = replace(SESSION, started_at=START, ended_at=end, active=False, delivered_kwh=energies)
    settled = settle(Unsettled(session=view, meter=tuple(points), requests=()), sce(), SITE)
    planned = replace(PLANNED, steps=(Step(START, 0.0),), departure_at=end, energy_need_kwh=need_kwh)
    found = status({"started_at": START, "delivered_kwh": energies}, planned=planned, metered=tuple(points))
    saving = estimate(found, end, sce().rates(Interval(START, end)), None)
    assert saving is not None
    assert saving.usd == pytest.approx(settled.uncontrolled_cost_usd - settled.cost_usd, abs=1e-9)


@pytest.mark.parametrize(
    ("saving", "said"),
    [
        (Saving(usd=0.85, co2_kg=1.23, alike=True), "About $0.85 and 1.2 kg CO₂ less than charging at once."),
        (Saving(usd=0.85, co2_kg=None, alike=True), "About $0.85 less than charging at once."),
        (Saving(usd=0.0, co2_kg=1.0, alike=True), "About 1 kg CO₂ less than charging at once."),
        (
            Saving(usd=0.85, co2_kg=-0.31, alike=True),
            "About $0.85 less than charging at once, but 0.3 kg CO₂ more.",
        ),
        (
            Saving(usd=-0.2, co2_kg=0.01, alike=True),
            "About $0.20 more for the energy than charging at once, to keep the site's peak low.",
        ),
        (Saving(usd=-0.2, co2_kg=None, alike=False), ""),
        (Saving(usd=0.001, co2_kg=0.001, alike=True), ""),
    ],
)
def test_it_is_told_as_an_estimate(saving: Saving, said: str) -> None:
    assert saving_text(saving, translator("en")) == said


def test_it_is_told_in_spanish() -> None:
    saving = Saving(usd=0.85, co2_kg=1.23, alike=True)
    assert saving_text(saving, translator("es")) == "Unos $0.85 y 1.2 kg CO₂ menos que cargando de inmediato."
