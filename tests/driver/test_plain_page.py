"""The plain page in a real browser at phone size."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.driver_app import DriverApp

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PlugIn = Callable[[], str]


@pytest.fixture
def shots(repository: Path) -> Path:
    """Where screenshots are kept to be looked at."""
    folder = repository / "ci-output" / "driver"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def open_page(browser: Any, app: DriverApp, key: str) -> Any:
    page = browser.new_page()
    page.goto(app.link(key))
    return page


def fits(page: Any) -> bool:
    """Nothing is wider than the phone."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def small_targets(page: Any) -> list[str]:
    """What can be tapped and is lower than 44 points."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('button,input:not([type=hidden]),select,a')]"
        ".filter(e => e.getBoundingClientRect().height < 47.5).map(e => e.outerHTML)"
    )
    return found


def test_a_first_request(browser: Any, app: DriverApp, plug_in: PlugIn, shots: Path) -> None:
    page = open_page(browser, app, plug_in())
    assert re.fullmatch(rf"{app.url}/s/[\w-]+", page.url)
    assert page.get_by_role("heading", level=1).inner_text() == "When do you leave?"
    assert fits(page)
    assert small_targets(page) == []
    page.screenshot(path=shots / "plain-asking.png")
    page.get_by_label("at", exact=True).fill("15:30")
    page.get_by_label("Needed for the next trip").fill("25")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/s/*?saved=1")
    assert page.get_by_text("Saved: 25 mi (7.5 kWh) by Wed 3:30 PM.").is_visible()
    app.world.plan()
    page.reload()
    assert (
        page.get_by_role("heading", level=1).inner_text().replace("\n", " ") == "Ready by Wednesday 3:30 PM"
    )
    assert page.get_by_role("img", name="Charging plan").is_visible()
    page.screenshot(path=shots / "plain-ready-by.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollHeight") <= 844


def test_a_changed_mind(browser: Any, app: DriverApp, plug_in: PlugIn, shots: Path) -> None:
    page = open_page(browser, app, plug_in())
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/s/*?saved=1")
    page.get_by_label("in", exact=True).select_option("kwh")
    page.get_by_label("Needed for the next trip").fill("9")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("Saved: 9 kWh").wait_for()
    page.get_by_role("button", name="Charge now").click()
    page.get_by_role("heading", name="Charging now").wait_for()
    page.get_by_role("button", name="Stop controlling my car").click()
    page.get_by_role("heading", name="Charging as usual").wait_for()
    page.screenshot(path=shots / "plain-released.png")


def test_a_wrong_time_is_named_where_it_stands(
    browser: Any, app: DriverApp, plug_in: PlugIn, shots: Path
) -> None:
    page = open_page(browser, app, plug_in())
    page.get_by_label("at", exact=True).fill("00:05")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").wait_for()
    assert "give a time that is still to come" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("at", exact=True).input_value() == "00:05"
    page.screenshot(path=shots / "plain-error.png")


def test_without_script(browser: Any, app: DriverApp, plug_in: PlugIn) -> None:
    context = browser.browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.goto(app.link(plug_in()))
    page.locator("[name=amount]").fill("30")
    page.locator("button[value=save]").click()
    assert "Saved: 30 mi" in page.content()
    context.close()


def test_the_status_lives_without_touching_what_is_being_typed(
    browser: Any, app: DriverApp, plug_in: PlugIn
) -> None:
    page = open_page(browser, app, plug_in())
    page.get_by_label("Needed for the next trip").fill("77")
    page.evaluate("document.getElementById('status').innerHTML = 'old'")
    with page.expect_response("**/status"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_role("heading", level=1).wait_for()
    assert page.get_by_label("Needed for the next trip").input_value() == "77"


def test_in_spanish_and_dark(browser: Any, app: DriverApp, plug_in: PlugIn, shots: Path) -> None:
    page = open_page(browser, app, plug_in())
    page.emulate_media(color_scheme="dark")
    page.get_by_role("link", name="Español").click()
    page.get_by_role("heading", name="¿Cuándo sale?").wait_for()
    page.get_by_role("button", name="Guardar").click()
    page.get_by_text("Guardado: 40 mi").wait_for()
    app.world.plan()
    page.reload()
    assert page.locator("html").get_attribute("lang") == "es"
    assert fits(page)
    page.screenshot(path=shots / "plain-spanish-dark.png")


def test_a_wrong_link_and_an_ended_session(
    browser: Any, app: DriverApp, plug_in: PlugIn, shots: Path
) -> None:
    key = plug_in()
    page = open_page(browser, app, "x" * 22)
    assert page.get_by_role("heading", name="Not found").is_visible()
    page.goto(app.link(key))
    number = int(app.world.desk.read(app.world.ref(key)).session.evse_id[1:])
    app.world.wait(minutes=5)
    app.world.unplug(number)
    page.reload()
    assert page.get_by_role("heading", name="Unplugged").is_visible()
    page.screenshot(path=shots / "plain-unplugged.png")
    app.world.wait(minutes=16)
    page.wait_for_timeout(300)
    page.reload()
    assert page.get_by_role("heading", name="This session has ended").is_visible()


def test_nothing_comes_from_elsewhere_and_nothing_is_blocked(
    browser: Any, app: DriverApp, plug_in: PlugIn
) -> None:
    page, asked, complaints = browser.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(app.link(plug_in()))
    assert page.get_by_role("button", name="Save").is_visible(), page.inner_text("body")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/s/*?saved=1")
    assert all(url.startswith((app.url, "data:")) for url in asked)
    assert complaints == []


def test_no_key_and_no_person_is_in_the_log(browser: Any, app: DriverApp, plug_in: PlugIn) -> None:
    key = plug_in()
    open_page(browser, app, key)
    assert key not in app.log
    assert "GET /" not in app.log
    assert "+1213555" not in app.log
    assert all(line.startswith("{") for line in app.log.splitlines())
