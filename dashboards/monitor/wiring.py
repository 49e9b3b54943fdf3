"""What the pages of this process look through: set once at its start, or made when first needed."""

from dataclasses import dataclass
from threading import Lock
from typing import Protocol, TypeVar

import pyarrow as pa

from readyby.clock_source import domain_clock
from readyby.clocks import DomainClock
from readyby.settings import Settings
from readyby.store.api import Query
from readyby.store.client import SyncStore

R = TypeVar("R")
PATIENCE_S = 2.0
"""A page says that core is away rather than wait for it."""


class ReadOnlyStore(Protocol):
    """The part of the store that a dashboard may use."""

    def ask(self, query: Query[R]) -> R: ...

    def table(self, sql: str, limit: int = 100_000) -> pa.Table: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A store to read, the domain clock, and the settings."""

    store: ReadOnlyStore
    clock: DomainClock
    settings: Settings


_lock = Lock()
_desk: Desk | None = None


def use(desk: Desk | None) -> None:
    """From now on the pages of this process look through this desk."""
    global _desk  # noqa: PLW0603 - one process, one desk
    _desk = desk


def current() -> Desk:
    """The desk of this process. Streamlit runs its script in many threads, so the first one makes it."""
    with _lock:
        desk = _desk or open_desk(Settings())
        use(desk)
        return desk


def open_desk(settings: Settings) -> Desk:
    """A desk over core's socket and the domain clock that core keeps."""
    store = SyncStore(settings.socket_path, patience_s=PATIENCE_S)
    return Desk(store=store, clock=domain_clock(settings), settings=settings)
