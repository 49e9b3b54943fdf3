"""The store without an event loop, whoever has it: core while it runs, else the database file itself."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from readyby.errors import Misconfigured
from readyby.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

    from readyby.store.api import Command, Query

R = TypeVar("R")


class AnyStore(Protocol):
    """The store without an event loop: core's, or the file itself."""

    def do(self, command: "Command[R]") -> R: ...

    def ask(self, query: "Query[R]") -> R: ...

    def table(self, sql: str, limit: int = 100_000) -> "pa.Table": ...


@contextmanager
def open_any_store(settings: Settings, *, make: bool = False) -> Iterator[AnyStore]:
    """Core's store while core runs, else the database file, opened here; `make` allows a new file.

    Raises:
        Misconfigured: no core runs and there is no database, or another process holds it.
    """
    if core_answers(settings.socket_path):
        from readyby.store.client import SyncStore

        with SyncStore(settings.socket_path) as store:
            yield store
        return
    if not make and not settings.database_path.exists():
        raise Misconfigured(
            f"{settings.database_path}: no database is there and core does not run; "
            "start `readyby demo` or `readyby core`, or name another folder with --state-dir"
        )
    with _own_store(settings) as own:
        yield own


def core_answers(path: Path) -> bool:
    """Whether somebody listens on core's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


@contextmanager
def _own_store(settings: Settings) -> Iterator[AnyStore]:
    from readyby.own_store import own_store

    store = own_store(settings)

    class Own:
        do = staticmethod(store.do_sync)
        ask = staticmethod(store.ask_sync)
        table = staticmethod(store.table_sync)

    try:
        yield Own()
    finally:
        store.close()
