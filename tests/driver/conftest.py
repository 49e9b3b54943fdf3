"""One driver app for all browser tests; each test plugs in a car of its own."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.driver.looking import Look
from tests.support.accessibility import violations
from tests.support.driver_app import DriverApp, running_app
from tests.support.drivers import ADA


@pytest.fixture(scope="package")
def app(repository: Path) -> Iterator[DriverApp]:
    state_dir = Path(tempfile.mkdtemp(prefix="rb"))  # a socket's path must be short
    with running_app(state_dir, repository) as running:
        yield running
    shutil.rmtree(state_dir, ignore_errors=True)


@pytest.fixture(scope="package")
def numbers() -> Iterator[int]:
    return itertools.cycle((1, 2, 3))


@pytest.fixture
def plug_in(app: DriverApp, numbers: Iterator[int]) -> Iterator[Callable[[], str]]:
    """A car arrives on a free EVSE and leaves after the test; the key of its driver's link."""
    plugged: list[int] = []

    def arrive(token: str = ADA) -> str:
        number = next(numbers)
        app.world.wait(seconds=1)
        plugged.append(number)
        return app.world.plug_in(number, token)

    yield arrive
    app.world.wait(seconds=1)
    for number in plugged:
        app.world.unplug(number)
    app.world.wait(minutes=2, seconds=1)  # sooner, the next session would be the same stay


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    """A phone whose pages let the tests look into them."""
    context = browser.browser.new_context(
        viewport={"width": 390, "height": 844},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        bypass_csp=True,
    )
    context.set_default_timeout(90_000)
    yield context
    context.close()


@pytest.fixture
def look(repository: Path) -> Look:
    """Keep a picture, and let axe find nothing."""
    folder = repository / "ci-output" / "driver" / "journeys"
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Any, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]

    return take
