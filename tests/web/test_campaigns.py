"""A small part of the campaigns against the drivers' doors; all of it runs by `make proof-drivers`."""

from collections.abc import Iterator

import pytest

from tests.support import campaigns
from tests.support.campaigns import Count
from tests.support.drivers import DriverWorld

SEED = 11


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DriverWorld]:
    made = DriverWorld(tmp_path_factory.mktemp("state"), public_url="https://ev.example")
    yield made
    made.close()


@pytest.fixture(scope="module")
def key(world: DriverWorld) -> str:
    return world.plug_in(1)


def assert_sound(count: Count, tried: int) -> None:
    assert (count.tried, count.accepted, count.errors) == (tried, 0, 0), count


def test_bad_keys_open_nothing(world: DriverWorld, key: str) -> None:
    assert_sound(campaigns.bad_keys_at_the_lookup(world, key, 600, SEED), 600)
    count = campaigns.bad_keys_over_http(world, key, 200, SEED)
    assert_sound(count, 200)
    assert count.note == "1 different answers"


def test_forged_and_replayed_texts_have_no_effect(world: DriverWorld, key: str) -> None:
    assert_sound(campaigns.forged_texts(world, 300, SEED), 300)


def test_fuzzed_forms_store_and_break_nothing(world: DriverWorld, key: str) -> None:
    assert_sound(campaigns.fuzzed_forms(world, key, 300, SEED), 300)
    assert world.desk.read(world.ref(key)).last_request is None


def test_fuzzed_enrollments_text_and_enroll_nobody(world: DriverWorld) -> None:
    count = campaigns.fuzzed_joins(world, 300, SEED)
    assert_sound(count, 300)
    assert "x 422" in count.note, "some forms are honest in all but their fields"
