"""Charts: wall time, at most so many points, bands by price."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboards.monitor.charts import BANDS, MOST_POINTS, Band, bar_chart, load_chart, thinned

MIDNIGHT = datetime(2019, 7, 24)  # noqa: DTZ001 - site wall time, as it is drawn
DAY = [
    Band(MIDNIGHT, MIDNIGHT + timedelta(hours=8), 0.06),
    Band(MIDNIGHT + timedelta(hours=8), MIDNIGHT + timedelta(hours=12), 0.09),
    Band(MIDNIGHT + timedelta(hours=12), MIDNIGHT + timedelta(hours=24), 0.26),
]


def points(number: int) -> list[tuple[datetime, float]]:
    return [(MIDNIGHT + timedelta(minutes=n), float(n % 150)) for n in range(number)]


def test_the_load_chart_speaks_wall_time_and_draws_the_limit_across_the_day():
    chart = load_chart(points(3), [(MIDNIGHT, 10.0)], 150.0, DAY)
    measured, planned, limit = chart["series"]
    assert measured["data"] == [
        ["2019-07-24T00:00:00", 0.0],
        ["2019-07-24T00:01:00", 1.0],
        ["2019-07-24T00:02:00", 2.0],
    ]
    assert planned["step"] == "end"
    assert limit["data"] == [["2019-07-24T00:00:00", 150.0], ["2019-07-25T00:00:00", 150.0]]


def test_dearer_hours_are_redder():
    chart = load_chart([], [], 150.0, DAY)
    marks = chart["series"][0]["markArea"]["data"]
    assert [mark[0]["itemStyle"]["color"] for mark in marks] == list(BANDS)
    assert marks[2][0]["label"]["formatter"] == "26.0 ¢"


def test_a_load_above_the_limit_stays_on_the_chart():
    chart = load_chart([(MIDNIGHT, 400.0)], [], 150.0, DAY)
    assert chart["yAxis"]["max"] >= 400.0


def test_one_price_all_day_is_one_band():
    [mark] = load_chart([], [], 1.0, [Band(MIDNIGHT, MIDNIGHT + timedelta(days=1), 0.1)])["series"][0][
        "markArea"
    ]["data"]
    assert mark[0]["itemStyle"]["color"] == BANDS[0]


@given(st.integers(0, 300), st.integers(2, 100))
def test_thinning_keeps_order_the_ends_and_the_most(number, most):
    drawn = thinned(points(number), most)
    assert len(drawn) <= most
    assert drawn == sorted(drawn)
    if number:
        assert drawn[0] == points(number)[0]
        assert drawn[-1] == points(number)[-1]
    if number <= most:
        assert len(drawn) == number


def test_most_points_is_what_eyes_can_use():
    assert MOST_POINTS == 1500


def test_bars_read_from_the_top():
    chart = bar_chart(["verified", "expired"], [7, 1])
    assert chart["yAxis"]["data"] == ["verified", "expired"]
    assert chart["series"][0]["data"] == [7, 1]
