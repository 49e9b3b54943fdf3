"""How the browser tests open pages, and how they look at them."""

from collections.abc import Callable
from typing import Any

from tests.support.driver_app import DriverApp

Look = Callable[[Any, str], None]
"""Keeps a picture by a name, and lets axe find nothing."""


def open_plain(browser: Any, app: DriverApp, key: str) -> Any:
    page = browser.new_page()
    page.goto(app.link(key))
    return page


def open_full(browser: Any, app: DriverApp, key: str) -> Any:
    """From the plain page to the full one, as a driver goes."""
    page = open_plain(browser, app, key)
    page.get_by_role("link", name="Full page").click()
    page.locator(".drawn").wait_for(state="attached")
    return page


def choose_time(page: Any, at: str) -> None:
    field = page.get_by_label("at", exact=True)
    field.fill(at)
    field.dispatch_event("change")


def small_targets(page: Any) -> list[str]:
    """What can be tapped, is seen, and is lower or narrower than 48 points, less what rounding takes."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('button,input:not([type=hidden]),select,a')]"
        ".filter(e => { const b = e.getBoundingClientRect(); return b.width > 1 && b.height > 1 "
        "&& (b.height < 47.5 || b.width < 47.5) }).map(e => e.outerHTML)"
    )
    return found
