"""Sites made of recorded sessions: what the planner is measured on.

Every site draws real sessions (arrival, departure, energy, their local hour kept) by a seed and puts them
behind a limit that binds in at least a fifth of the slots. The core problem has time of use, a demand charge,
the limit and the ordered shortfall; with all features come feeders in kW and amperes per phase, tapers,
steps, minimum pilots, pauses, ramp, and a price on leaving the last plan.
"""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from readyby.interval import Interval, floor_to
from readyby.model import Circuit
from readyby.planning.grid import Grid, lay_grid
from readyby.planning.limits import slot_limits
from readyby.planning.optimize import Ideal, optimize
from readyby.planning.situation import STEP, DemandPeak, PlannedStay, Situation
from readyby.tariff import GridTariff

SEED = 20190724
HORIZON = timedelta(hours=24)
_START = timedelta(hours=9)
_CONNECTIONS = ("AB", "BC", "CA")
_MAX_KW, _MIN_KW = 6.656, 1.248


def core_situation(sessions_csv: Path, tariff: GridTariff, size: int, *, seed: int = SEED) -> Situation:
    """A site of so many recorded sessions that are all there, limited so that a fifth of the slots bind."""
    day = datetime.fromisoformat("2019-07-24T00:00:00-07:00")
    now = day + _START
    stays = tuple(_draw(sessions_csv, day, now, size, seed))
    rates = tariff.rates(Interval(now, now + HORIZON))
    asked = Situation(
        now=now,
        sessions=stays,
        limit_kw=((now, 1e6),),
        prices_usd_per_kwh=tuple((rate.interval.start, rate.price_usd_per_kwh) for rate in rates),
        demand_peaks=(DemandPeak(name="demand", price_usd_per_kw=0.2, peak_kw=0.3 * size),),
        headroom=False,
    )
    return replace(asked, limit_kw=((now, _binding_limit_kw(asked)),))


def _binding_limit_kw(asked: Situation) -> float:
    """A limit under which everybody is served and at least a fifth of the 96 slots is full."""
    grid = lay_grid(asked)
    low, high = float(grid.need_kwh.sum()) / 24, float(grid.max_kw.sum())
    for _ in range(18):
        middle = (low + high) / 2
        tried = lay_grid(replace(asked, limit_kw=((asked.now, middle),)))
        ideal = optimize(tried, slot_limits(tried))
        if ideal.scarce:
            low = middle
        elif binding_share(tried, ideal, middle) < 0.2:
            high = middle
        else:
            return middle
    return high


def binding_share(grid: Grid, ideal: Ideal, limit_kw: float) -> float:
    """The share of slots that are at the site's limit in the ideal plan."""
    return float(np.mean(grid.load_kw(ideal.power_kw) >= limit_kw * (1 - 1e-6)))


def _draw(sessions_csv: Path, day: datetime, now: datetime, size: int, seed: int) -> Iterator[PlannedStay]:
    """Recorded sessions, moved to one day, that are there now, drawn with repetition; one stays 24 hours."""
    with gzip.open(sessions_csv, "rt", encoding="utf-8") as file:
        recorded = [_moved(row, day) for row in csv.DictReader(file)]
    there = [row for row in recorded if row[0] <= now and now + 4 * STEP <= row[1] <= now + HORIZON]
    order = np.random.default_rng(seed).integers(0, len(there), size)
    for number, index in enumerate(order):
        arrival, departure, kwh = there[int(index)]
        departure = now + HORIZON if number == 0 else floor_to(departure, STEP)
        hours = (departure - now) / timedelta(hours=1)
        need = min(kwh, 0.9 * hours * _MAX_KW)
        yield PlannedStay(
            session_id=f"s{number:05}",
            arrival_at=arrival,
            departure_at=departure,
            need_kwh=need,
            max_kw=_MAX_KW,
            min_kw=_MIN_KW,
        )


def _moved(row: dict[str, str], day: datetime) -> tuple[datetime, datetime, float]:
    arrival, departure = (datetime.fromisoformat(row[name]) for name in ("arrival", "departure"))
    shift = day - arrival.replace(hour=0, minute=0, second=0, microsecond=0)
    return arrival + shift, departure + shift, float(row["delivered_energy (kWh)"])


def all_features(core: Situation) -> Situation:
    """The same site with everything else that couples or bends: see the module."""
    limit = core.limit_kw[0][1]
    feeders = max(2, len(core.sessions) // 50)
    share = limit / feeders
    circuits = [Circuit(name=f"F{k}", limit_kw=1.3 * share) for k in range(feeders)]
    circuits += [
        Circuit(name=f"P{k}", parent=f"F{k}", limit_a=1.2 * share * 1000 / 208 / 3**0.5)
        for k in range(feeders)
    ]
    first = optimize(lay_grid(core), slot_limits(lay_grid(core)))
    running = float(lay_grid(core).load_kw(first.power_kw)[0])
    return replace(
        core,
        circuits=tuple(circuits),
        sessions=tuple(_featured(stay, index, feeders) for index, stay in enumerate(core.sessions)),
        ramp_kw=0.5 * limit,
        running_kw=running,
        change_usd_per_kwh=0.001,
    )


def _featured(stay: PlannedStay, index: int, feeders: int) -> PlannedStay:
    bent = ((0.0, 6.656), (0.8 * stay.need_kwh, 6.656), (stay.need_kwh + 0.01, 2.0))
    return replace(
        stay,
        circuit=f"P{index % feeders}",
        connection=_CONNECTIONS[index % 3],
        taper=bent if index % 10 == 0 else (),
        levels_kw=(1.664, 3.328, 4.992, 6.656) if index % 10 == 5 else (),
        max_pauses=3,
        previous_kw=((stay.arrival_at, 3.0),) if index % 2 else (),
    )
