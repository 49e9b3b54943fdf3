"""What goes wrong has a screen of its own, on both weights, and the page mends when the trouble is over."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from readyby.model import Channel, RequestId, RequestKind
from readyby.web.driver import Wish
from tests.driver.looking import Look, open_full, open_plain
from tests.support.cable import Cable
from tests.support.driver_app import DriverApp
from tests.support.drivers import number_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PlugIn = Callable[[], str]
Open = Callable[[Any, DriverApp, str], Any]
BOTH = pytest.mark.parametrize(("opened", "weight"), [(open_plain, "plain"), (open_full, "full")])
LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
def cable(app: DriverApp) -> Iterator[Cable]:
    made = Cable(app.url)
    yield made
    made.close()


def through(cable: Cable, opened: Open, phone: Any, app: DriverApp, key: str) -> Any:
    """A page whose connection runs through the cable."""
    return opened(phone, app.at(cable.url), key)


def over(page: Any, url: str) -> bool:
    """Whether an address is answered as a session that is over, once the app has read core's clock anew."""
    for _ in range(120):
        if page.goto(url).status == 410:
            return True
        page.wait_for_timeout(250)
    return False


@BOTH
def test_a_lost_connection_is_said_and_mends(
    phone: Any, app: DriverApp, plug_in: PlugIn, look: Look, cable: Cable, opened: Open, weight: str
) -> None:
    page = through(cable, opened, phone, app, plug_in())
    with cable.cut():
        page.evaluate(LOOK_AGAIN)
        page.get_by_role("alert").get_by_text("No connection").wait_for()
        look(page, f"lost-connection-{weight}")
    page.evaluate(LOOK_AGAIN)
    page.get_by_role("alert").get_by_text("No connection").wait_for(state="hidden")


@BOTH
def test_a_phone_that_slept_shows_what_happened_meanwhile(
    phone: Any, app: DriverApp, plug_in: PlugIn, cable: Cable, opened: Open, weight: str
) -> None:
    key = plug_in()
    page = through(cable, opened, phone, app, key)
    with cable.cut():
        desk = app.world.desk
        wish = Wish(kind=RequestKind.CHARGE_NOW)
        desk.submit(desk.read(app.world.ref(key)), wish, RequestId(f"asleep-{weight}-0001"), Channel.SMS)
    page.evaluate(LOOK_AGAIN)
    page.get_by_role("heading", name="Charging now").wait_for()


@BOTH
def test_an_unplugged_car_is_said_on_an_open_page(
    phone: Any, app: DriverApp, plug_in: PlugIn, look: Look, opened: Open, weight: str
) -> None:
    key = plug_in()
    page = opened(phone, app, key)
    app.world.wait(minutes=5)
    app.world.unplug(number_of(app.world, key))
    page.get_by_role("heading", name="Unplugged Wednesday").wait_for()
    page.get_by_role("button", name="Save").first.wait_for(state="hidden")
    look(page, f"unplugged-{weight}")


@BOTH
def test_an_ended_session_says_only_that(
    phone: Any, app: DriverApp, plug_in: PlugIn, look: Look, opened: Open, weight: str
) -> None:
    key = plug_in()
    page = opened(phone, app, key)
    app.world.wait(minutes=5)
    app.world.unplug(number_of(app.world, key))
    app.world.wait(minutes=16)
    later = phone.new_page()
    assert over(later, page.url)
    later.get_by_role("heading", name="This session has ended").wait_for()
    assert "kWh" not in later.content()
    look(later, f"ended-{weight}")


@BOTH
def test_a_network_out_of_reach_is_said_with_its_hour(
    phone: Any, app: DriverApp, plug_in: PlugIn, look: Look, opened: Open, weight: str
) -> None:
    page = opened(phone, app, plug_in())
    app.world.wait(minutes=10)
    page.reload()
    page.get_by_text("No contact with the charging network since").first.wait_for()
    page.get_by_text("updated 10 min ago").first.wait_for()
    page.get_by_role("button", name="Save").first.wait_for()
    look(page, f"network-away-{weight}")
    assert page.get_by_role("button", name="Save").first.is_enabled()


@BOTH
def test_a_core_out_of_reach_is_said_and_mends(
    phone: Any, app: DriverApp, plug_in: PlugIn, look: Look, opened: Open, weight: str
) -> None:
    page = opened(phone, app, plug_in())
    with app.core_away():
        page.evaluate(LOOK_AGAIN)
        page.get_by_role("alert").get_by_text("ReadyBy cannot be reached").wait_for()
        look(page, f"core-away-{weight}")
        page.get_by_role("button", name="Charge now").click()
        page.get_by_text("othing was saved just now").wait_for()
        page.get_by_role("button", name="Charge now").wait_for(state="hidden")
        look(page, f"core-away-saving-{weight}")
    if weight == "plain":
        page.get_by_role("link", name="Try again").click()
    page.get_by_role("button", name="Charge now").wait_for()
    page.get_by_text("ReadyBy cannot be reached").wait_for(state="hidden")
    page.get_by_role("button", name="Charge now").click()
    page.get_by_role("heading", name="Charging now").wait_for()


def test_a_core_out_of_reach_is_said_without_loading_the_full_page(
    phone: Any, app: DriverApp, plug_in: PlugIn
) -> None:
    page = open_full(phone, app, plug_in())
    page.get_by_text("can be done").wait_for()
    with app.core_away():
        answer = page.reload()
        assert answer.status == 503
        page.get_by_role("heading", name="One moment, please").wait_for()
    page.get_by_role("link", name="Try again").click()
    page.get_by_role("button", name="Save").first.wait_for()


def test_who_has_no_key_sees_nothing(phone: Any, app: DriverApp, plug_in: PlugIn, look: Look) -> None:
    page = phone.new_page()
    answer = page.goto(f"{app.url}/?s={app.world.ref(plug_in())}")
    assert answer.status == 404
    page.get_by_role("heading", name="Not found").wait_for()
    assert page.get_by_role("button", name="Save").count() == 0
    look(page, "no-key-full")
