"""What all tests share: where the checkout is, and a real browser at phone size."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as examples
from xdist.scheduler import LoadFileScheduling

from readyby.demo.ports import any_free_port
from readyby.runs.environment import enter_prefect_environment
from readyby.settings import Settings
from tests.support.strict import strict_planner  # noqa: F401 - a fixture for all

PREFECT = Settings(state_dir=Path(tempfile.mkdtemp(prefix="rb")), prefect_port=any_free_port())
"""Where the tests' own Prefect lives; entered before anything can import Prefect."""
enter_prefect_environment(PREFECT)
examples.register_profile("untimed", deadline=None)
examples.load_profile("untimed")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ONE_SERVER = "tests/flows/"
NO_BROWSER = "no Chromium or Chrome is installed, so the pages were NOT tested: apt install chromium"


def find_browser() -> str | None:
    """The program of an installed Chromium or Chrome."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def browser_program() -> str:
    """An installed Chromium; without one the test is left out, loudly, and with CI=true it fails."""
    program = find_browser()
    if program is None and os.environ.get("CI") == "true":
        pytest.fail(NO_BROWSER)
    if program is None:
        pytest.skip(NO_BROWSER)
    return program


@pytest.fixture
def browser(browser_program: str) -> Iterator[Any]:
    """A context as a phone has it: 390 x 844 points, touch, no memory of before.

    Started anew for each test: playwright's synchronous face occupies the thread's event loop while it
    runs, which would break every asynchronous test after it.
    """
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser_program, args=flags)
        context = chromium.new_context(
            viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True
        )
        context.set_default_timeout(15_000)
        yield context
        chromium.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes of the product takes longest: first, so that two workers end together."""
    items.sort(key=lambda item: item.get_closest_marker("system") is None)


class InPieces(LoadFileScheduling):
    """Deals files to workers; those that share the one Prefect server stay together."""

    def _split_scope(self, nodeid: str) -> str:
        return ONE_SERVER if nodeid.startswith(ONE_SERVER) else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> InPieces:
    """How tests are dealt where there are several workers."""
    return InPieces(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI=true nothing may be left out."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say at the very end what went untested."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any(NO_BROWSER in str(report.longrepr) for report in skipped):
        terminalreporter.section("BROWSER TESTS LEFT OUT", red=True, bold=True)
        terminalreporter.line(NO_BROWSER)
    if skipped and os.environ.get("CI") == "true":
        terminalreporter.section("CI=true: a test that is left out is a failure", red=True, bold=True)
