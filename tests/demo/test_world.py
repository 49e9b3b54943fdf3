"""The simulated outside: one application, and a ledger that only its keeper may read."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from starlette.testclient import TestClient

from readyby.clocks import SetClock
from readyby.demo.ledger import world_of
from readyby.secrets_file import secret
from readyby.settings import Settings
from readyby.world import create_world

START = datetime(2019, 7, 24, 12, tzinfo=UTC)
KEY = {"Authorization": "Bearer ledger-key"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    return Settings(state_dir=tmp_path_factory.mktemp("world"), domain_start=START, speed=300.0)


@pytest.fixture(scope="module")
def clock() -> SetClock:
    return SetClock(START + timedelta(hours=2))


@pytest.fixture(scope="module")
def world(settings, clock) -> Iterator[TestClient]:
    with TestClient(create_world(settings, clock, "ledger-key")) as client:
        yield client


def test_it_answers_for_its_parts(world, settings):
    assert world.get("/health").json()["status"] == "ok"
    assert world.get("/phones/").status_code == 200
    assert world.get("/vendor/outlets").status_code == 401
    vendor_key = {"X-Api-Key": secret(settings, "vendor_key")}
    assert len(world.get("/vendor/outlets", headers=vendor_key).json()["outlets"]) == 52


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "ledger-key!"}])
def test_the_ledger_is_closed_without_its_key(world, headers):
    assert world.get("/ledger", headers=headers).status_code == 401


def test_without_a_key_nobody_reads_the_ledger(tmp_path, clock):
    settings = Settings(state_dir=tmp_path, domain_start=START, speed=300.0)
    with TestClient(create_world(settings, clock, "")) as world:
        assert world.get("/ledger").status_code == 401
        assert world.get("/ledger", headers={"Authorization": "Bearer "}).status_code == 401


def test_the_products_own_secrets_do_not_open_it(world, settings):
    for name in ("exchange_token", "vendor_key", "sms_auth_token"):
        key = {"Authorization": f"Bearer {secret(settings, name)}"}
        assert world.get("/ledger", headers=key).status_code == 401


def test_the_ledger_in_the_reports_words(world):
    told = world.get("/ledger", headers=KEY, params={"since": START.isoformat()}).json()
    found = world_of(told["network"], told["phones"], START)
    assert found.minutes[0].at == START
    assert len(found.minutes) == 120
    assert found.uncontrolled_peak_kw >= found.peak_kw > 0
    assert all(car.energy_kwh <= car.appetite_kwh + 1e-6 for car in found.cars)
    assert all(car.plugged_in_machine_ms for car in found.cars)
    assert sum(car.welcomes for car in found.cars) == 0


def test_who_was_there_before_the_demo_waited_for_the_demo(world):
    told = world.get("/ledger", headers=KEY, params={"since": START.isoformat()}).json()
    later = world_of(told["network"], told["phones"], START + timedelta(minutes=90))
    early = [car for car in later.cars if car.plugged_in_machine_ms is None]
    assert 0 < len(early) < len(later.cars)


def test_a_welcome_on_a_phone_is_counted_for_its_session(world):
    told = world.get("/ledger", headers=KEY, params={"since": START.isoformat()}).json()
    session = told["network"]["sessions"][-1]["session_id"]
    told["phones"]["welcomes"] = {session: {"count": 2, "first_machine_ms": 77}}
    [car] = [car for car in world_of(told["network"], told["phones"], START).cars if car.welcomes]
    assert (car.session_id, car.welcomes, car.welcomed_machine_ms) == (session, 2, 77)


@pytest.mark.parametrize("since", ["yesterday", "2019-07-24T12:00:00"])
def test_an_instant_without_zone_is_refused(world, since):
    assert world.get("/ledger", headers=KEY, params={"since": since}).status_code == 400


def test_a_second_start_goes_on(tmp_path, clock):
    settings = Settings(state_dir=tmp_path, domain_start=START, speed=300.0)
    with TestClient(create_world(settings, clock, "ledger-key")) as world:
        before = world.get("/ledger", headers=KEY).json()["network"]
    with TestClient(create_world(settings, clock, "ledger-key")) as world:
        after = world.get("/ledger", headers=KEY).json()["network"]
    assert after == before


def test_meter_values_come_as_often_as_set(tmp_path, clock):
    settings = Settings(state_dir=tmp_path, domain_start=START, speed=300.0, demo_sample_s=600)
    with TestClient(create_world(settings, clock, "")) as world:
        vendor_key = {"X-Api-Key": secret(settings, "vendor_key")}
        told = world.get(
            "/vendor/changes", headers=vendor_key, params={"cursor": "1:0", "limit": 2000}
        ).json()
    samples = told["samples"]
    outlet = samples["outlet"][0]
    pairs = zip(samples["outlet"], samples["time"], strict=True)
    times = sorted({datetime.fromisoformat(time) for of, time in pairs if of == outlet})
    assert {second - first for first, second in pairwise(times)} == {timedelta(minutes=10)}
