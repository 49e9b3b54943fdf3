"""Commands, queries and their results as JSON, both ways, from their types alone."""

from typing import Any, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from readyby.errors import BadInput
from readyby.store import api

R = TypeVar("R")


_adapters: dict[Any, TypeAdapter[Any]] = {}
_results: dict[type[Any], TypeAdapter[Any]] = {}
_named: dict[type[Any], dict[str, type[Any]]] = {}


def adapter_of(kind: Any) -> TypeAdapter[Any]:
    """The JSON form of a type."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def result_adapter_of(kind: type[Any]) -> TypeAdapter[Any]:
    """The JSON form of what a command or query class answers with."""
    if kind not in _results:
        (base,) = kind.__orig_bases__
        _results[kind] = TypeAdapter(get_args(base)[0])
    return _results[kind]


def named(base: type[Any]) -> dict[str, type[Any]]:
    """All commands (or queries) by name."""
    if base not in _named:
        _named[base] = {
            kind.__name__: kind
            for kind in vars(api).values()
            if isinstance(kind, type) and issubclass(kind, base) and kind is not base
        }
    return _named[base]


def encode(value: api.Command[R] | api.Query[R]) -> bytes:
    """A command or query as JSON."""
    return adapter_of(type(value)).dump_json(value)


def decode(base: type[Any], name: str, body: bytes) -> Any:
    """The command or query of a name.

    Raises:
        BadInput: no such name, or a field that does not fit; names it, never its value.
    """
    kind = named(base).get(name)
    if kind is None:
        raise BadInput(base.__name__.lower(), name, "name a command or query of readyby.store.api")
    try:
        return adapter_of(kind).validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or name
        raise BadInput(field, "(not shown)", first["msg"]) from None


def encode_result(kind: type[Any], result: object) -> bytes:
    """The result of a command or query class as JSON."""
    return result_adapter_of(kind).dump_json(result)


def decode_result(asked: api.Command[R] | api.Query[R], body: bytes | str) -> R:
    """The result of a command or query from JSON."""
    result: R = result_adapter_of(type(asked)).validate_json(body)
    return result
