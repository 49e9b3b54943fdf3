"""Drivers' journeys on a phone, from the link to the end: each accessible, each with pictures to look at."""

from collections.abc import Callable
from typing import Any

import pytest

from readyby.sms.inbound import TextDesk, TextMessage
from tests.driver.looking import Look
from tests.support.driver_app import DriverApp
from tests.support.drivers import ADA

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PlugIn = Callable[[], str]
FIRST_PAINT_BYTES = 20_000


def opened(phone: Any, app: DriverApp, key: str) -> Any:
    page = phone.new_page()
    page.goto(app.link(key))
    return page


def ask(page: Any, amount: str, at: str, unit: str = "mi") -> None:
    page.get_by_label("at", exact=True).fill(at)
    page.get_by_label("in", exact=True).select_option(unit)
    page.get_by_label("Needed for the next trip").fill(amount)
    page.get_by_role("button", name="Save", exact=False).first.click()


def ref_of(app: DriverApp, key: str) -> Any:
    return app.world.desk.read(app.world.ref(key))


def test_1_first_request(phone: Any, app: DriverApp, plug_in: PlugIn, look: Look) -> None:
    page = phone.new_page()
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(len(answer.body())) if answer.status == 200 else None)
    page.goto(app.link(plug_in()))
    assert sum(sizes) <= FIRST_PAINT_BYTES
    look(page, "1-asking")
    ask(page, "25", "15:30")
    page.get_by_text("Saved: 25 mi (7.5 kWh) by Wed 3:30 PM.").wait_for()
    app.world.plan()
    page.reload()
    page.get_by_role("heading", name="Ready by").wait_for()
    look(page, "1-ready-by")


def test_2_modify_in_kilometers(phone: Any, app: DriverApp, plug_in: PlugIn, look: Look) -> None:
    key = plug_in()
    page = opened(phone, app, key)
    ask(page, "25", "15:30")
    page.get_by_text("Saved: 25 mi").wait_for()
    ask(page, "60", "16:00", "km")
    page.get_by_text("Saved: 37 mi").wait_for()
    look(page, "2-changed")
    last = ref_of(app, key).last_request
    assert last.distance_mi == pytest.approx(37.28, abs=0.01)


def test_3_infeasible_then_accepted(phone: Any, app: DriverApp, plug_in: PlugIn, look: Look) -> None:
    key = plug_in()
    page = opened(phone, app, key)
    ask(page, "150", "10:00")
    page.get_by_role("alert").get_by_text("of 150 mi by Wed 10:00 AM").wait_for()
    look(page, "3-falls-short")
    assert ref_of(app, key).last_request is None
    page.get_by_role("button", name="instead").click()
    page.get_by_text("Saved: 150 mi").wait_for()
    app.world.plan()
    page.reload()
    page.get_by_role("heading", name="Ready by").wait_for()
    look(page, "3-accepted")


def test_4_charge_now_and_undo(phone: Any, app: DriverApp, plug_in: PlugIn, look: Look) -> None:
    page = opened(phone, app, plug_in())
    ask(page, "25", "15:30")
    page.get_by_role("button", name="Charge now").click()
    page.get_by_role("heading", name="Charging now").wait_for()
    look(page, "4-charge-now")
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Saved: 25 mi (7.5 kWh) by Wed 3:30 PM.").wait_for()
    look(page, "4-undone")


def test_5_text_then_page(phone: Any, app: DriverApp, plug_in: PlugIn, look: Look) -> None:
    key = plug_in()
    page = opened(phone, app, key)
    text = TextMessage(message_sid=f"SM-{key}", phone=app.world.phone(ADA), body="need 30 mi by 4:15pm")
    if len(app.world.session_refs()) == 1:
        assert "30 mi (9 kWh)" in str(TextDesk(app.world.desk).answer(text))
        page.reload()
        assert page.get_by_label("at", exact=True).input_value() == "16:15"
        assert page.get_by_label("Needed for the next trip").input_value() == "30"
    look(page, "5-texted")


def test_6_spanish_in_the_dark(phone: Any, app: DriverApp, plug_in: PlugIn, look: Look) -> None:
    page = opened(phone, app, plug_in())
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.get_by_role("link", name="Español").click()
    page.get_by_role("heading", name="¿Cuándo sale?").wait_for()
    page.locator("[name=amount]").fill("400")
    page.locator("button[value=save]").last.click()
    page.get_by_role("button", name="Guardar de todos modos").wait_for()
    look(page, "6-spanish-falls-short")
    page.get_by_role("button", name="Guardar de todos modos").click()
    page.get_by_role("button", name="Deshacer").wait_for()
    look(page, "6-spanish-saved")


def test_7_without_script(browser: Any, app: DriverApp, plug_in: PlugIn) -> None:
    context = browser.browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(app.link(plug_in()))
    page.locator("[name=departure_time]").last.fill("10:00")
    page.locator("[name=amount]").last.fill("150")
    page.locator("button[value=save]").last.click()
    page.locator("button[value=save_later]").click()
    assert "Saved: 150 mi" in page.content()
    page.locator("button[value=undo]").click()
    assert "Charging as usual" in page.content()
    context.close()


def test_8_expired_link_and_no_link(phone: Any, app: DriverApp, plug_in: PlugIn, look: Look) -> None:
    key = plug_in()
    page = opened(phone, app, "y" * 22)
    assert page.get_by_role("heading", name="Not found").is_visible()
    look(page, "8-not-found")
    page.goto(app.link(key))
    number = int(ref_of(app, key).session.evse_id[1:])
    app.world.wait(minutes=5)
    app.world.unplug(number)
    page.reload()
    page.get_by_role("heading", name="Unplugged").wait_for()
    look(page, "8-unplugged")
    app.world.wait(minutes=16)
    page.reload()
    page.get_by_role("heading", name="This session has ended").wait_for()
    look(page, "8-ended")


def test_9_same_as_last_time(phone: Any, app: DriverApp, plug_in: PlugIn, look: Look) -> None:
    page = opened(phone, app, plug_in())
    button = page.get_by_role("button", name="Same as last time")
    if button.count() == 0:  # the first of these tests to run has no last time
        ask(page, "25", "15:30")
        page = opened(phone, app, plug_in())
    look(page, "9-offered")
    page.get_by_role("button", name="Same as last time").click()
    page.get_by_text("Saved:").or_(page.get_by_text("Save it anyway")).first.wait_for()
    look(page, "9-taken")


def test_10_lost_connection_is_said_and_mends(
    phone: Any, app: DriverApp, plug_in: PlugIn, look: Look
) -> None:
    page = opened(phone, app, plug_in())
    page.route("**/status", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_role("alert").get_by_text("No connection").wait_for()
    look(page, "10-offline")
    page.unroute("**/status")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_role("alert").wait_for(state="hidden")


def test_11_twice_as_large(phone: Any, app: DriverApp, plug_in: PlugIn, look: Look) -> None:
    """200 % zoom of a phone is a page half as wide."""
    page = opened(phone, app, plug_in())
    page.set_viewport_size({"width": 195, "height": 422})
    look(page, "11-zoomed")
    assert page.get_by_role("button", name="Save", exact=False).first.is_visible()
