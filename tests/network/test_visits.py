from datetime import date, timedelta

import pytest

from readyby.errors import NotFound
from readyby.interval import hours
from readyby.network.app import who_ignores
from readyby.network.fleet import TWIN, Fleet
from readyby.network.visits import Visit, read_visits
from readyby.settings import PROJECT_ROOT
from readyby.sites import load_site

DATA = PROJECT_ROOT / "data"
DAY = date(2019, 7, 24)
SITE = load_site(DATA, "jpl")


@pytest.fixture(scope="module")
def visits() -> tuple[Visit, ...]:
    return read_visits(DATA, SITE, DAY, seed=1)


def test_a_named_day_has_its_recorded_visits_in_order(visits):
    assert len(visits) == 82
    assert list(visits) == sorted(visits, key=lambda visit: visit.arrives_at)
    assert sum(visit.energy_kwh for visit in visits) == pytest.approx(1183.9, abs=3)


def test_the_same_seed_makes_the_same_cars_and_another_one_others(visits):
    assert read_visits(DATA, SITE, DAY, seed=1) == visits
    assert read_visits(DATA, SITE, DAY, seed=2) != visits


def test_days_in_a_row_follow_each_other(visits):
    both = read_visits(DATA, SITE, DAY, days=2, seed=1)
    assert both[: len(visits)] == visits
    assert len(both) > len(visits)


def test_one_evse_serves_one_car_at_a_time():
    last: dict[str, Visit] = {}
    for visit in read_visits(DATA, SITE, date(2019, 7, 1), days=31, seed=1):
        before = last.get(visit.evse_id)
        assert before is None or visit.arrives_at >= before.leaves_at
        last[visit.evse_id] = visit


def test_every_car_could_be_full_in_its_stay(visits):
    fleet = Fleet(SITE.evses[:1])
    for visit in visits[::5]:
        fleet.plug_in(0, visit)
        for _ in range(int(hours(visit.leaves_at - visit.arrives_at) * 360)):
            fleet.step(10 / 3600)
        assert fleet.energy_kwh[TWIN, 0] == pytest.approx(visit.energy_kwh, rel=0.02), visit
        fleet.unplug(0)


def test_participants_come_with_their_token(visits):
    tokens = [visit.token_uid for visit in visits if visit.token_uid]
    assert len(tokens) > 60
    assert all(visit.token_uid is None or visit.token_uid.isalnum() for visit in visits)


def test_a_day_without_sessions_is_named():
    with pytest.raises(NotFound, match="demo_day"):
        read_visits(DATA, SITE, date(2018, 1, 1))


def test_outlets_stop_to_obey_one_after_another_while_a_hungry_car_is_there(visits):
    chosen = who_ignores(SITE, visits, 2, seed=5)
    first, second = sorted(chosen.values())
    assert second - first >= timedelta(minutes=30)
    for outlet, at in chosen.items():
        (visit,) = [v for v in visits if v.evse_id == outlet and v.arrives_at <= at < v.leaves_at]
        assert visit.energy_kwh >= 10
    assert who_ignores(SITE, visits, 2, seed=5) == chosen
