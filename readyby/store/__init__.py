"""The store: one DuckDB file, one owner, named commands and queries (I-11, I-24).

Clients import `readyby.store.client` without paying for the database: the engine loads at first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from readyby.store.engine import LocalStore, open_store

__all__ = ["LocalStore", "open_store"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("readyby.store.engine"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
