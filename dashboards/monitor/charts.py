"""Charts as ECharts options: plain values in, a plain mapping out. All times are site wall time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

MOST_POINTS = 1500
LOAD, PLANNED, LIMIT = "#0a8a5c", "#4c8fd6", "#d64535"
BANDS = ("rgba(46,160,97,0.07)", "rgba(230,170,40,0.12)", "rgba(220,80,60,0.13)")
"""Behind cheap, middle and dear hours."""

Point = tuple[datetime, float]
Options = dict[str, object]


@dataclass(frozen=True, slots=True)
class Band:
    """Hours of one price in $/kWh."""

    start: datetime
    end: datetime
    price_usd_per_kwh: float


def load_chart(
    measured: Sequence[Point], planned: Sequence[Point], limit_kw: float, bands: Sequence[Band]
) -> Options:
    """Site load so far, what the plan allows from now on, the limit, and the hours by their price."""
    highest = max([limit_kw, *(kw for _, kw in measured), *(kw for _, kw in planned)])
    return {
        "animation": False,
        "grid": {"left": 48, "right": 16, "top": 34, "bottom": 28},
        "legend": {"top": 0, "left": 0, "data": ["measured", "planned at most", "limit"]},
        "tooltip": {"trigger": "axis", "valueFormatter": "%.1f kW"},
        "xAxis": {
            "type": "time",
            "min": _iso(bands[0].start) if bands else None,
            "max": _iso(bands[-1].end) if bands else None,
            "splitLine": {"show": False},
        },
        "yAxis": {"type": "value", "name": "kW", "min": 0, "max": math.ceil(highest * 1.15 / 10) * 10},
        "series": [_measured(measured, bands), _planned(planned), _limit(limit_kw, bands)],
    }


def _measured(points: Sequence[Point], bands: Sequence[Band]) -> Options:
    return {
        "name": "measured",
        "type": "line",
        "showSymbol": False,
        "color": LOAD,
        "lineStyle": {"width": 2},
        "areaStyle": {"opacity": 0.18},
        "data": _data(thinned(points)),
        "markArea": {"silent": True, "data": [_mark(band, bands) for band in bands]},
    }


def _planned(points: Sequence[Point]) -> Options:
    return {
        "name": "planned at most",
        "type": "line",
        "step": "end",
        "showSymbol": False,
        "color": PLANNED,
        "lineStyle": {"width": 1.5, "type": "dashed"},
        "data": _data(thinned(points)),
    }


def _limit(limit_kw: float, bands: Sequence[Band]) -> Options:
    ends = [bands[0].start, bands[-1].end] if bands else []
    return {
        "name": "limit",
        "type": "line",
        "showSymbol": False,
        "color": LIMIT,
        "lineStyle": {"width": 1.5},
        "data": [[_iso(at), limit_kw] for at in ends],
    }


def _mark(band: Band, bands: Sequence[Band]) -> list[Options]:
    prices = sorted({other.price_usd_per_kwh for other in bands})
    place = prices.index(band.price_usd_per_kwh) / max(1, len(prices) - 1)
    cents = f"{band.price_usd_per_kwh * 100:.1f} ¢"
    return [
        {
            "xAxis": _iso(band.start),
            "itemStyle": {"color": BANDS[round(place * (len(BANDS) - 1))]},
            "label": {
                "show": True,
                "position": "insideTop",
                "formatter": cents,
                "color": "#7a8580",
                "fontSize": 11,
            },
        },
        {"xAxis": _iso(band.end)},
    ]


def thinned(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """At most so many points, evenly taken, the last one among them."""
    if len(points) <= most:
        return list(points)
    step = len(points) / most
    return [points[int(number * step)] for number in range(most - 1)] + [points[-1]]


def _data(points: Sequence[Point]) -> list[list[object]]:
    return [[_iso(at), round(kw, 2)] for at, kw in points]


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def bar_chart(names: Sequence[str], values: Sequence[float], color: str = LOAD) -> Options:
    """Figures by name, the first on top."""
    return {
        "animation": False,
        "grid": {"left": 110, "right": 48, "top": 4, "bottom": 20},
        "xAxis": {"type": "value", "splitLine": {"show": False}},
        "yAxis": {"type": "category", "data": list(names), "inverse": True, "axisTick": {"show": False}},
        "series": [
            {
                "type": "bar",
                "color": color,
                "barMaxWidth": 22,
                "data": list(values),
                "label": {"show": True, "position": "right"},
            }
        ],
    }
