"""The full Streamlit page in a real browser at phone size: the same desk, live, with a look ahead."""

from collections.abc import Callable
from typing import Any

import pytest

from readyby.model import Channel, RequestId, RequestKind
from readyby.web.driver import Wish
from tests.driver.looking import Look, choose_time, open_full, small_targets
from tests.support.driver_app import DriverApp
from tests.support.drivers import number_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PlugIn = Callable[[], str]


def test_a_request_is_previewed_saved_and_seen_on_the_plain_page(
    phone: Any, app: DriverApp, plug_in: PlugIn, look: Look
) -> None:
    key = plug_in()
    page = open_full(phone, app, key)
    page.get_by_role("heading", name="When do you leave?").wait_for()
    page.get_by_text("All 40 mi by Wed").wait_for()
    look(page, "full-asking")
    page.get_by_label("Needed for the next trip").fill("25")
    page.get_by_text("All 25 mi by Wed").wait_for()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved: 25 mi (7.5 kWh) by Wed").wait_for()
    page.get_by_role("heading", name="Ready by Wednesday").wait_for()
    look(page, "full-saved")
    app.world.plan()
    app.world.draw(number_of(app.world, key), 2.0, 1.5)
    page.reload()
    page.locator(".drawn").wait_for(state="attached")
    page.get_by_role("img", name="Charging plan").wait_for()
    page.get_by_text("than charging at once").first.wait_for()
    page.get_by_text("If you left now: 5 mi (1.5 kWh)").first.wait_for()
    look(page, "full-ready-by")
    page.get_by_role("link", name="Plain page").click()
    assert page.get_by_label("Needed for the next trip").input_value() == "25"


def test_what_is_typed_last_is_what_is_saved(phone: Any, app: DriverApp, plug_in: PlugIn) -> None:
    """A tap on Save right after the last key saves what the field says, not what was drawn before."""
    key = plug_in()
    page = open_full(phone, app, key)
    for amount in ("31", "32", "33"):
        page.get_by_label("Needed for the next trip").fill(amount)
        page.get_by_role("button", name="Save").first.click()
        page.get_by_text(f"Saved: {amount} mi").wait_for()
        last = app.world.desk.read(app.world.ref(key)).last_request
        assert last is not None
        assert last.distance_mi == float(amount)


def test_what_cannot_be_done_is_said_before_saving_with_one_tap_to_accept(
    phone: Any, app: DriverApp, plug_in: PlugIn, look: Look
) -> None:
    page = open_full(phone, app, plug_in())
    choose_time(page, "10:00")
    page.get_by_label("Needed for the next trip").fill("150")
    page.get_by_text("of 150 mi by Wed 10:00 AM; all of it by Wed").wait_for()
    page.get_by_role("button", name="Save it anyway").wait_for()
    assert page.get_by_role("button", name="Save", exact=True).count() == 0
    look(page, "full-falls-short")
    page.get_by_role("button", name="instead").click()
    page.get_by_text("Saved: 150 mi").wait_for()
    page.get_by_role("heading", name="Ready by").wait_for()


def test_what_falls_short_can_be_saved_as_it_stands(phone: Any, app: DriverApp, plug_in: PlugIn) -> None:
    key = plug_in()
    page = open_full(phone, app, key)
    choose_time(page, "10:00")
    page.get_by_label("Needed for the next trip").fill("150")
    page.get_by_role("button", name="Save it anyway").click()
    page.get_by_text("Saved: 150 mi (45 kWh) by Wed").first.wait_for()
    last = app.world.desk.read(app.world.ref(key)).last_request
    assert last is not None
    assert last.distance_mi == 150
    page.get_by_label("Needed for the next trip").fill("5")
    page.get_by_text("All 5 mi by Wed").wait_for()
    page.get_by_role("button", name="Save changes").wait_for()


def test_what_cannot_be_read_is_said_where_it_stands(phone: Any, app: DriverApp, plug_in: PlugIn) -> None:
    key = plug_in()
    page = open_full(phone, app, key)
    page.get_by_label("Needed for the next trip").fill("lots")
    page.get_by_text("write a number above 0").wait_for()
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("alert").get_by_text("write a number above 0").wait_for()
    assert app.world.desk.read(app.world.ref(key)).last_request is None


def test_ways_out_act_at_once(phone: Any, app: DriverApp, plug_in: PlugIn, look: Look) -> None:
    page = open_full(phone, app, plug_in())
    page.get_by_role("button", name="Charge now").click()
    page.get_by_role("heading", name="Charging now").wait_for()
    look(page, "full-charge-now")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="Charging as usual").wait_for()
    page.get_by_role("button", name="Charge now").click()
    page.get_by_role("heading", name="Charging now").wait_for()
    page.get_by_role("button", name="Stop controlling my car").click()
    page.get_by_role("heading", name="Charging as usual").wait_for()


def test_a_word_from_another_door_reaches_an_open_page(phone: Any, app: DriverApp, plug_in: PlugIn) -> None:
    """The newest request wins; the form follows it as long as nothing was typed into it."""
    key = plug_in()
    page = open_full(phone, app, key)
    page.get_by_text("can be done").wait_for()
    other = open_full(phone, app, key)
    other.get_by_label("Needed for the next trip").fill("17")
    other.get_by_role("button", name="Save").first.click()
    other.get_by_text("Saved: 17 mi").wait_for()
    page.get_by_role("heading", name="Ready by").wait_for()
    page.wait_for_function("document.getElementById('amount').value === '17'")


def test_what_is_being_typed_outlives_a_word_from_elsewhere(
    phone: Any, app: DriverApp, plug_in: PlugIn
) -> None:
    key = plug_in()
    page = open_full(phone, app, key)
    page.get_by_label("Needed for the next trip").fill("77")
    page.get_by_text("77 mi by").wait_for()
    desk = app.world.desk
    status = desk.read(app.world.ref(key))
    desk.submit(status, Wish(kind=RequestKind.CHARGE_NOW), RequestId("another-door-0001"), Channel.SMS)
    page.get_by_role("heading", name="Charging now").wait_for()
    assert page.get_by_label("Needed for the next trip").input_value() == "77"


def test_in_spanish_no_word_is_english(phone: Any, app: DriverApp, plug_in: PlugIn, look: Look) -> None:
    page = open_full(phone, app, plug_in())
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.get_by_role("link", name="Español").click()
    page.get_by_role("heading", name="¿Cuándo sale?").wait_for()
    page.get_by_label("Para el próximo viaje").fill("25")
    page.get_by_text("25 mi").first.wait_for()
    look(page, "full-spanish-dark")
    said = page.evaluate(
        "[...document.querySelectorAll('[aria-label]')].map(e => e.ariaLabel).join(' ') + ' ' + "
        "document.body.innerText"
    )
    for word in ("Leaving", "Save", "Charge", "Open", "Loading", "Increment", "updated", "Plain"):
        assert word not in said
    assert page.locator("html").get_attribute("lang") == "es"


def test_targets_are_large_and_nothing_is_cut_at_200_percent(
    phone: Any, app: DriverApp, plug_in: PlugIn, look: Look
) -> None:
    page = open_full(phone, app, plug_in())
    page.get_by_text("can be done").wait_for()
    assert small_targets(page) == []
    page.set_viewport_size({"width": 195, "height": 422})
    look(page, "full-zoomed")


def test_it_can_be_used_by_keyboard_alone(phone: Any, app: DriverApp, plug_in: PlugIn) -> None:
    page = open_full(phone, app, plug_in())
    page.get_by_label("Needed for the next trip").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("12")
    page.get_by_text("All 12 mi").wait_for()
    page.get_by_role("button", name="Save").first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Saved: 12 mi").wait_for()


def test_nothing_comes_from_elsewhere_and_nothing_is_blocked(
    browser: Any, app: DriverApp, plug_in: PlugIn
) -> None:
    """With the page's own policy in force, unlike in the tests that look into pages."""
    asked: list[str] = []
    complaints: list[str] = []
    browser.on("request", lambda request: asked.append(request.url))
    browser.on("console", lambda message: complaints.append(message.text))
    page = open_full(browser, app, plug_in())
    page.get_by_text("can be done").wait_for()
    page.get_by_role("button", name="Save").first.click()
    page.get_by_text("Saved:").wait_for()
    assert [url for url in asked if not url.startswith((app.url, "data:", "blob:"))] == []
    assert [text for text in complaints if "Content Security" in text or "Failed" in text] == []
