"""A wish that falls short is told before it is saved; undo and "same as last time" are one tap."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from readyby.model import RequestKind
from readyby.store.api import AcceptedRequest
from readyby.web.page import PageMaker
from readyby.web.routes import PlainPages
from readyby.web.view import true_now
from tests.support.asgi import AsgiClient
from tests.support.drivers import DriverWorld

DAY = "2019-07-24"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DriverWorld]:
    made = DriverWorld(tmp_path)
    yield made
    made.close()


class Phone:
    """A browser with one driver's page open."""

    def __init__(self, world: DriverWorld, key: str) -> None:
        pages = PlainPages(world.desk, PageMaker("ReadyBy", world.prices))
        self._world, self._key = world, key
        self.client = AsgiClient(Starlette(routes=pages.routes()))
        self.path = str(self.client.get(f"/c/{key}").headers["location"])

    def press(self, action: str, **fields: str) -> httpx.Response:
        page = self.client.get(self.path).text
        found = re.search(r'name="request_id" value="([^"]+)"', page)
        assert found
        asked = {"request_id": found[1], "departure_day": DAY, "departure_time": "17:30", "unit": "mi"}
        return self.client.post(self.path, data={**asked, "amount": "40", **fields, "action": action})

    def in_force(self) -> AcceptedRequest | None:
        return self._world.in_force(self._key)


def test_what_falls_short_is_not_saved_but_told_with_both_ways_on(world: DriverWorld) -> None:
    phone = Phone(world, world.plug_in(1))
    answer = phone.press("save", amount="150", departure_time="10:00")
    assert answer.status_code == 200
    assert phone.in_force() is None
    assert "of 150 mi by Wed 10:00 AM; all of it by Wed" in answer.text
    later = dict(re.findall(r'name="(later_\w+)" value="([^"]+)"', answer.text))
    saved = phone.press("save_later", amount="150", departure_time="10:00", **later)
    assert saved.status_code == 303
    last = phone.in_force()
    assert last is not None
    assert last.departure_at is not None
    assert last.departure_at > datetime.fromisoformat("2019-07-24T10:00-07:00")
    assert phone.press("save_anyway", amount="160", departure_time="10:00").status_code == 303


def test_kilometers_are_kilometers_and_other_units_are_refused(world: DriverWorld) -> None:
    phone = Phone(world, world.plug_in(1))
    assert phone.press("save", amount="60", unit="km").status_code == 303
    last = phone.in_force()
    assert last is not None
    assert last.distance_mi == pytest.approx(37.28, abs=0.01)
    answer = phone.press("save", unit="furlongs")
    assert answer.status_code == 422
    assert "choose miles, km or kWh" in answer.text


def test_undo_goes_back(world: DriverWorld) -> None:
    phone = Phone(world, world.plug_in(1))
    phone.press("save")
    phone.press("charge_now")
    assert phone.press("undo").status_code == 303
    last = phone.in_force()
    assert last is not None
    assert (last.kind, last.distance_mi) == (RequestKind.NEED, 40.0)


def test_the_first_wish_undone_leaves_the_car_to_itself(world: DriverWorld) -> None:
    phone = Phone(world, world.plug_in(1))
    phone.press("save")
    phone.press("undo")
    last = phone.in_force()
    assert last is not None
    assert last.kind is RequestKind.RELEASE


def test_last_time_is_offered_once_there_is_one(world: DriverWorld) -> None:
    phone = Phone(world, world.plug_in(1))
    assert "Same as last time" not in phone.client.get(phone.path).text
    assert phone.press("again").status_code == 422
    phone.press("save")
    world.wait(hours=9)
    world.unplug(1)
    world.wait(hours=14)
    again = Phone(world, world.plug_in(2))
    assert "Same as last time: 40 mi by Thu 5:30 PM" in again.client.get(again.path).text
    assert again.press("again").status_code == 303
    last = again.in_force()
    assert last is not None
    assert last.distance_mi == 40.0


def test_who_leaves_now_reads_what_there_is(world: DriverWorld) -> None:
    phone = Phone(world, world.plug_in(1))
    phone.press("save")
    world.draw(1, 6.0, 3.0)
    assert "If you left now: 10 mi (3 kWh)" in phone.client.get(phone.path).text
    assert "If you left now" in phone.client.get(f"{phone.path}/status").text


@pytest.mark.parametrize(
    ("said", "power_kw", "told"),
    [
        ("Starts at 11:15 AM. You will have 9.0 kWh by 2 PM.", 1.2, "You will have 9.0 kWh by 2 PM."),
        ("Waits until 11:15 AM because power is $0.05/kWh cheaper then.", 1.2, ""),
        ("Empieza a las 11:15 AM. Tendrá 9.0 kWh.", 1.2, "Tendrá 9.0 kWh."),
        ("Starts at 11:15 AM.", 0.0, "Starts at 11:15 AM."),
        ("Starts at 11:15 AM.", None, "Starts at 11:15 AM."),
        ("Charging now, at up to 6.7 kW. You will have it.", 0.0, "You will have it."),
        ("Charging now, at up to 6 kW. You have it.", 6.0, "Charging now, at up to 6 kW. You have it."),
    ],
)  # fmt: skip
def test_no_sentence_denies_the_meter(said: str, power_kw: float | None, told: str) -> None:
    assert true_now(said, power_kw) == told
