"""The desk of this process: set once at its start, or made from the settings when first needed."""

from functools import cache
from pathlib import Path
from threading import Lock

from readyby.clock_source import domain_clock
from readyby.emissions import Emissions
from readyby.settings import Settings
from readyby.store.client import SyncStore
from readyby.web.driver import DriverDesk
from readyby.web.page import PageMaker
from readyby.web.prices import Prices

PATIENCE_S = 8.0
"""A restart of core is waited out; longer than this nobody looks at an empty page."""

_lock = Lock()
_desk: DriverDesk | None = None


def use(desk: DriverDesk | None) -> None:
    """From now on the pages of this process answer from this desk."""
    global _desk  # noqa: PLW0603 - one process, one desk
    _desk = desk


def current() -> DriverDesk:
    """The desk of this process. Streamlit runs its script in many threads, so the first one makes it."""
    with _lock:
        desk = _desk or open_desk(Settings())
        use(desk)
        return desk


def open_desk(settings: Settings) -> DriverDesk:
    """A desk over core's socket and the domain clock that core keeps."""
    store = SyncStore(settings.socket_path, patience_s=PATIENCE_S)
    return DriverDesk(store=store, clock=domain_clock(settings), settings=settings)


def page_maker(desk: DriverDesk) -> PageMaker:
    """What makes the pages of a desk."""
    settings = desk.settings
    return _page_maker(settings.brand, settings.data_dir, settings.emissions_region)


@cache
def _page_maker(brand: str, data_dir: Path, emissions_region: str) -> PageMaker:
    """One for all pages: it keeps the prices and emissions that it has read."""
    return PageMaker(brand, Prices(data_dir), Emissions(data_dir, emissions_region))
