"""A driver's way in, on a phone: from the code on the station to the first welcome."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from readyby.store.api import ListParticipants
from readyby.web.join.poster import poster
from readyby.web.join.routes import join_url
from tests.support.driver_app import DriverApp

pytestmark = pytest.mark.browser
Look = Callable[[Any, str], None]


def filled(page: Any, app: DriverApp, phone: str, place: str = "E2") -> None:
    page.goto(f"{app.url}/join/{place}")
    page.locator("[name=phone]").fill(phone)
    page.locator("[name=consent]").check()
    page.locator("button.primary").click()


def code_of(app: DriverApp) -> str:
    found = re.search(r"[0-9]{6}", app.texts.get(timeout=30)[1])
    assert found
    return found[0]


def enrolled(app: DriverApp, phone_end: str) -> list[Any]:
    return [one for one in app.world.store.ask(ListParticipants()) if one.phone_end == phone_end]


def test_plugging_in_after_the_code(phone: Any, app: DriverApp, look: Look) -> None:
    page = phone.new_page()
    page.goto(f"{app.url}/join/E2")
    look(page, "join-1-asked")
    page.get_by_text("I know what it uses").click()
    page.get_by_text("I type the number").click()
    look(page, "join-1-all-open")
    filled(page, app, "(213) 555-0161")
    page.get_by_role("heading", name="Enter the code").wait_for()
    look(page, "join-2-code")
    code = code_of(app)
    page.get_by_label("Code", exact=True).fill("000000" if code != "000000" else "000001")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("alert").get_by_text("wrong or too old").wait_for()
    look(page, "join-2-wrong")
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Now start charging").wait_for()
    look(page, "join-3-start")
    page.get_by_role("button", name="I have started").click()
    page.get_by_text("No new session was seen yet").wait_for()
    app.world.wait(minutes=1)
    app.world.plug_in(2, "a new card")
    page.get_by_role("button", name="I have started").click()
    page.get_by_role("heading", name="Is this your car?").wait_for()
    look(page, "join-4-seen")
    assert enrolled(app, "0161") == []
    page.get_by_role("button", name="Yes, that is my car").click()
    page.get_by_role("heading", name="You take part").wait_for()
    look(page, "join-5-done")
    assert len(enrolled(app, "0161")) == 1
    app.world.wait(seconds=1)
    app.world.unplug(2, "a new card")


def test_in_spanish_in_the_dark_with_a_slip(phone: Any, app: DriverApp, look: Look) -> None:
    page = phone.new_page()
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.goto(f"{app.url}/join")
    page.get_by_role("link", name="Español").click()
    page.get_by_role("heading", name="Listo cuando usted sale").wait_for()
    look(page, "join-6-spanish")
    page.locator("[name=phone]").fill("12")
    page.locator("[name=consent]").check()
    page.locator("button.primary").click()
    page.get_by_role("alert").get_by_text("escriba un número de móvil").wait_for()
    look(page, "join-6-slip")


def test_without_script_and_cookies_it_says_so(browser: Any, app: DriverApp) -> None:
    context = browser.browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(15_000)
    filled(page, app, "(213) 555-0162", "E3")
    page.get_by_label("Code", exact=True).fill(code_of(app))
    context.clear_cookies()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Please begin again").wait_for()
    filled(page, app, "(213) 555-0163", "E3")
    page.get_by_label("Code", exact=True).fill(code_of(app))
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Now start charging").wait_for()
    context.close()


def test_the_poster_fits_a_sheet(browser: Any, app: DriverApp, look: Look) -> None:
    context = browser.browser.new_context(viewport={"width": 816, "height": 1056}, bypass_csp=True)
    page = context.new_page()
    page.set_content(poster(app.world.settings, "E2", "Small site"))
    look(page, "join-7-poster")
    assert page.evaluate("document.documentElement.scrollHeight") <= 1056
    context.close()


def as_drawn(sheet: Image.Image) -> Image.Image:
    return sheet


def from_afar(sheet: Image.Image) -> Image.Image:
    """A phone held askew, two steps away, not quite in focus."""
    small = sheet.resize((sheet.width // 3, sheet.height // 3))
    return small.rotate(17, expand=True, fillcolor="white").filter(ImageFilter.GaussianBlur(0.7))


def scratched(sheet: Image.Image) -> Image.Image:
    """A key has gone across the code."""
    torn = sheet.copy()
    middle, high = sheet.width // 2, sheet.height
    ImageDraw.Draw(torn).line((middle - 40, 0, middle + 40, high), fill="white", width=9)
    return torn


def in_dim_light(sheet: Image.Image) -> Image.Image:
    return sheet.point(lambda light: 30 + light // 5)


@pytest.mark.parametrize("seen", [as_drawn, from_afar, scratched, in_dim_light])
def test_a_reader_of_codes_reads_the_poster(
    browser: Any, app: DriverApp, seen: Callable[[Image.Image], Image.Image]
) -> None:
    settings = app.world.settings.model_copy(update={"public_url": "https://charge.pilot-county.example"})
    context = browser.browser.new_context(viewport={"width": 816, "height": 1056}, bypass_csp=True)
    page = context.new_page()
    page.set_content(poster(settings, "CP Lot 3/07", "Small site"))
    sheet = Image.open(BytesIO(page.screenshot())).convert("L")
    context.close()
    (code,) = zxingcpp.read_barcodes(seen(sheet))
    assert (code.format, code.text) == (zxingcpp.BarcodeFormat.QRCode, join_url(settings, "CP Lot 3/07"))
    assert code.text.startswith("https://charge.pilot-county.example/join/")
