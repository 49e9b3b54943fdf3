"""Which function answers which command or query."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from readyby.errors import BadInput
from readyby.store import api
from readyby.store.work import Work

C = TypeVar("C", bound=api.Command[Any])
Q = TypeVar("Q", bound=api.Query[Any])
R = TypeVar("R")
Handler = Callable[[Work, Any], Any]

_handlers: dict[type[Any], Handler] = {}


def command(kind: type[C]) -> Callable[[Callable[[Work, C], R]], Callable[[Work, C], R]]:
    """Mark the function that carries out a command, inside a transaction that it need not end."""
    return _register(kind)


def query(kind: type[Q]) -> Callable[[Callable[[Work, Q], R]], Callable[[Work, Q], R]]:
    """Mark the function that answers a query, inside a read-only transaction."""
    return _register(kind)


def _register(kind: type[Any]) -> Callable[[Callable[[Work, Any], R]], Callable[[Work, Any], R]]:
    def mark(handler: Callable[[Work, Any], R]) -> Callable[[Work, Any], R]:
        assert kind not in _handlers, f"{kind.__name__} has two handlers"
        _handlers[kind] = handler
        return handler

    return mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Veil:
    """How a result is remembered without personal data, and completed when it is asked for again."""

    hide: Callable[[Any], Any]
    show: Callable[[Work, Any], Any]


_OPEN = Veil(hide=lambda result: result, show=lambda _, result: result)
_veils: dict[type[Any], Veil] = {}


def put_veil(kind: type[C], veil: Veil) -> None:
    """Say how the results of a command are remembered."""
    _veils[kind] = veil


def veil_of(kind: type[Any]) -> Veil:
    """How the results of a command are remembered; as they are, unless something else was said."""
    return _veils.get(kind, _OPEN)


def handler_of(kind: type[Any]) -> Handler:
    """The handler of a command or query class.

    Raises:
        BadInput: nobody answers this class.
    """
    try:
        return _handlers[kind]
    except KeyError:
        raise BadInput("command", kind.__name__, "name a command or query of readyby.store.api") from None


def registered() -> frozenset[type[Any]]:
    """All classes that have a handler."""
    return frozenset(_handlers)
