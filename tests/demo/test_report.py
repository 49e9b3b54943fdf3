"""The report: its keys, its figures, and each rule of success broken once."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from readyby.demo.cost import compare, quarter_means
from readyby.demo.facts import Car, Eligible, Facts, Kept, Minute, Run, World
from readyby.demo.report import make_report, percentile
from readyby.model import Circuit
from readyby.store.api import RequestTiming
from readyby.tariff import DemandCharge, GridTariff, LocalTime, TouPeriod

START = datetime(2019, 7, 24, 12, tzinfo=UTC)  # 05:00 in Los Angeles
KEYS = [
    "sessions_seen",
    "eligible_sessions",
    "welcome_sms",
    "duplicate_welcomes",
    "response_rate",
    "requests",
    "plans",
    "runs_recorded",
    "commands_sent",
    "commands_verified",
    "commands_not_followed",
    "commands_superseded",
    "commands_expired",
    "drivers_served",
    "drivers_short",
    "limit_kw",
    "peak_kw",
    "uncontrolled_peak_kw",
    "circuits",
    "cost_usd",
    "uncontrolled_cost_usd",
    "speed_asked",
    "speed_reached",
    "plugin_to_welcome_ms",
    "request_to_accepted_ms",
    "request_to_complete_ms",
]
TARIFF = GridTariff(
    tariff_id="two-price",
    name="cheap nights",
    time_zone="America/Los_Angeles",
    periods=(
        TouPeriod(price_usd_per_kwh=0.10, hours=LocalTime(end_h=12.0)),
        TouPeriod(price_usd_per_kwh=0.30, hours=LocalTime(start_h=12.0)),
    ),
    demand_charges=(DemandCharge(name="any", price_usd_per_kw=10.0, hours=(LocalTime(),)),),
)


def minute(number: int, power_kw: float, uncontrolled_kw: float) -> Minute:
    return Minute(at=START + timedelta(minutes=number), power_kw=power_kw, uncontrolled_kw=uncontrolled_kw)


def car(session_id: str, **facts: object) -> Car:
    values = {
        "plugged_in_machine_ms": 1000,
        "left_at": START + timedelta(hours=2),
        "energy_kwh": 10.0,
        "uncontrolled_kwh": 10.0,
        "appetite_kwh": 12.0,
        "welcomes": 1,
        "welcomed_machine_ms": 1400,
    }
    return Car(session_id=session_id, **{**values, **facts})


def eligible(session_id: str, **facts: object) -> Eligible:
    values = {
        "welcomes": 1,
        "asked": True,
        "departure_at": START + timedelta(hours=2),
        "energy_need_kwh": 10.0,
    }
    return Eligible(session_id=session_id, **{**values, **facts})


def timing(number: int, accepted: int | None, complete: int | None) -> RequestTiming:
    return RequestTiming(
        request_id=f"r{number}",
        stored_machine_ms=1000 * number,
        plan_version=1,
        first_wave_accepted_machine_ms=accepted,
        complete_machine_ms=complete,
    )


GOOD = Facts(
    world=World(
        cars=(car("a"), car("b"), car("stranger", welcomes=0, welcomed_machine_ms=None)),
        minutes=tuple(minute(n, 100.0, 200.0 if n < 15 else 0.0) for n in range(30)),
        peak_kw=120.0,
        uncontrolled_peak_kw=200.0,
        circuit_peaks={"floor": 44.0, "panel": 225.0},
    ),
    kept=Kept(
        sessions_seen=3,
        eligible=(eligible("a"), eligible("b", asked=False, departure_at=None, energy_need_kwh=None)),
        requests=1,
        plan_versions=(1, 2),
        commands={"verified": 7, "not_followed": 1, "superseded": 2, "expired": 1},
        timings=(timing(1, 1200, 1500), timing(2, 2400, None)),
    ),
    runs=(
        Run(flow_run_id="x", plan_version=1, log_lines=3),
        Run(flow_run_id="y", plan_version=2, log_lines=1),
    ),
    limit_kw=150.0,
    circuits=(Circuit(name="floor", limit_kw=45.0), Circuit(name="panel", limit_a=225.0)),
    speed_asked=300.0,
    speed_reached=287.44,
)


def test_all_is_well():
    report = make_report(GOOD, TARIFF)
    assert report.broken == ()
    assert report.exit_code == 0
    assert list(report.values) == KEYS
    assert json.loads(json.dumps(report.values)) == {
        "sessions_seen": 3,
        "eligible_sessions": 2,
        "welcome_sms": 2,
        "duplicate_welcomes": 0,
        "response_rate": 0.5,
        "requests": 1,
        "plans": 2,
        "runs_recorded": 2,
        "commands_sent": 11,
        "commands_verified": 7,
        "commands_not_followed": 1,
        "commands_superseded": 2,
        "commands_expired": 1,
        "drivers_served": 1,
        "drivers_short": 0,
        "limit_kw": 150.0,
        "peak_kw": 120.0,
        "uncontrolled_peak_kw": 200.0,
        "circuits": {
            "floor": {"limit_kw": 45.0, "peak_kw": 44.0},
            "panel": {"limit_a": 225.0, "peak_a": 225.0},
        },
        "cost_usd": 1005.0,
        "uncontrolled_cost_usd": 2005.0,
        "speed_asked": 300.0,
        "speed_reached": 287.4,
        "plugin_to_welcome_ms": {"p50": 400, "p95": 400},
        "request_to_accepted_ms": {"n": 2, "p50": 300.0, "p95": 390.0, "max": 400},
        "request_to_complete_ms": {"n": 1, "p50": 500, "p95": 500, "max": 500},
    }


def with_world(**changes: object) -> Facts:
    return replace(GOOD, world=replace(GOOD.world, **changes))


def with_kept(**changes: object) -> Facts:
    return replace(GOOD, kept=replace(GOOD.kept, **changes))


BROKEN = {
    "never welcomed: b": with_world(cars=(car("a"), car("b", welcomes=0, welcomed_machine_ms=None))),
    "never welcomed: ghost": with_kept(eligible=(*GOOD.kept.eligible, eligible("ghost"))),
    "welcomed more than once: a": with_world(cars=(car("a", welcomes=2), car("b"))),
    "commands ended accepted": with_kept(commands={"verified": 7, "accepted": 1}),
    "commands ended planned": with_kept(commands={"verified": 7, "planned": 1}),
    "commands ended unknown": with_kept(commands={"verified": 7, "unknown": 1}),
    "commands ended failed": with_kept(commands={"verified": 7, "failed": 1}),
    "commands ended rejected": with_kept(commands={"verified": 7, "rejected": 2}),
    "above the limit": with_world(peak_kw=150.001),
    "circuit floor: peak 45.100 kW": with_world(circuit_peaks={"floor": 45.1, "panel": 225.0}),
    "circuit panel: peak 226.000 A": with_world(circuit_peaks={"floor": 45.0, "panel": 226.0}),
    "the limit was never put to the test": with_world(uncontrolled_peak_kw=150.0),
    "is not below the uncontrolled": with_world(minutes=tuple(minute(n, 100.0, 100.0) for n in range(30))),
    "plans have no run with logs and artifact: 2": replace(GOOD, runs=GOOD.runs[:1]),
    "plans have no run with logs and artifact: 1": replace(
        GOOD, runs=(replace(GOOD.runs[0], log_lines=0), GOOD.runs[1])
    ),
}


@pytest.mark.parametrize(("words", "facts"), BROKEN.items(), ids=BROKEN)
def test_each_rule_alone_decides(words, facts):
    report = make_report(facts, TARIFF)
    assert len(report.broken) == 1, report.broken
    assert words in report.broken[0]
    assert report.exit_code == 1


def test_a_peak_at_the_limit_is_no_breach():
    assert make_report(with_world(peak_kw=150.0), TARIFF).exit_code == 0


def test_no_timing_decides():
    slow = with_kept(timings=(timing(1, 10_000_000, None),))
    assert make_report(replace(slow, speed_reached=0.1), TARIFF).exit_code == 0


@pytest.mark.parametrize(
    ("energy_kwh", "left_after_h", "served", "short"),
    [
        (10.0, 2, 1, 0),
        (9.76, 2, 1, 0),
        (9.7, 2, 0, 1),
        (9.7, 1, 0, 0),  # left before the time stated
        (10.0, 1, 1, 0),
    ],
)
def test_who_counts_as_served(energy_kwh, left_after_h, served, short):
    gone = car("a", energy_kwh=energy_kwh, left_at=START + timedelta(hours=left_after_h))
    values = make_report(with_world(cars=(gone, car("b"))), TARIFF).values
    assert (values["drivers_served"], values["drivers_short"]) == (served, short)


def test_a_full_car_is_served_whatever_was_asked():
    asked_much = with_kept(eligible=(eligible("a", energy_need_kwh=90.0), GOOD.kept.eligible[1]))
    full = replace(asked_much, world=replace(GOOD.world, cars=(car("a", energy_kwh=12.0), car("b"))))
    assert make_report(full, TARIFF).values["drivers_served"] == 1


def test_one_still_there_is_not_counted():
    values = make_report(with_world(cars=(car("a", left_at=None), car("b"))), TARIFF).values
    assert (values["drivers_served"], values["drivers_short"]) == (0, 0)


def test_what_is_owed_is_priced_at_the_dearest_rate():
    minutes = [minute(n, 60.0, 60.0) for n in range(15)]
    cars = [car("a", energy_kwh=5.0, uncontrolled_kwh=9.0), car("b", energy_kwh=7.0, uncontrolled_kwh=6.0)]
    both = compare(minutes, cars, TARIFF)
    assert both.owed_kwh == pytest.approx(4.0)
    assert both.uncontrolled_cost_usd == pytest.approx(15 * 0.10 + 60 * 10)
    assert both.cost_usd == pytest.approx(both.uncontrolled_cost_usd + 4.0 * 0.30)


def test_charging_nothing_saves_nothing():
    """A demo that only waits owes all, at the dearest rate: only a lower peak can make it cheaper."""
    no_demand = replace(TARIFF, demand_charges=())
    minutes = [minute(n, 0.0, 60.0) for n in range(60)]
    waiting = compare(minutes, [car("a", energy_kwh=0.0, uncontrolled_kwh=60.0)], no_demand)
    assert waiting.cost_usd > waiting.uncontrolled_cost_usd


def test_nothing_seen_costs_nothing():
    assert compare([], [], TARIFF).cost_usd == 0.0


def test_a_quarter_hour_with_a_gap_counts_the_gap_as_zero():
    means = quarter_means([(START + timedelta(minutes=n), 60.0) for n in range(10)])
    assert means == [(START, pytest.approx(40.0))]


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.5, None), ([7], 0.95, 7), ([1, 3], 0.5, 2.0), ([4, 1, 3, 2], 1.0, 4), ([1, 2, 3, 4, 5], 0.25, 2)],
)
def test_percentiles(values, share, expected):
    assert percentile(values, share) == expected
