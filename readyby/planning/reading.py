"""Situations from JSON: every refusal names the JSON path, the value and the remedy.

A series is a number, or an array of [instant, number] pairs; an interval is an array of two instants;
instants are RFC 3339 strings with a zone.
"""

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import datetime, timedelta
from enum import EnumType
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from readyby.errors import BadInput
from readyby.interval import Interval, utc
from readyby.planning.situation import Series, Situation
from readyby.planning.soundness import hold_sound

_LEFT_OUT = {"step"}
_MOST = 1e9


def read_situation(document: object) -> Situation:
    """The situation of a JSON document.

    Raises:
        BadInput: the document is not one; `field` is the JSON path, as `$.sessions[3].need_kwh`.
    """
    situation: Situation = _object(document, Situation, "$", document)
    hold_sound(situation)
    return situation


def situation_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of a situation document."""
    definitions: dict[str, object] = {}
    root = _schema_of(Situation, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Situation",
        "$defs": definitions,
        **root,
    }


def _object(value: object, kind: Any, path: str, document: object) -> Any:
    if not isinstance(value, Mapping):
        raise BadInput(path, _short(value), "give an object")
    known = {field.name: field for field in fields(kind) if field.name not in _LEFT_OUT}
    hints = get_type_hints(kind)
    for name in value:
        if name not in known:
            raise BadInput(f"{path}.{name}", _short(value[name]), f"use one of {', '.join(sorted(known))}")
    made = {}
    for name, field in known.items():
        if name in value:
            made[name] = _value(value[name], hints[name], f"{path}.{name}", document)
        elif _needed(field):
            raise BadInput(f"{path}.{name}", None, "give it a value: it has no default")
    return kind(**made)


def _needed(field: "Field[Any]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _value(value: object, hint: Any, path: str, document: object) -> Any:
    if hint == Series:
        return _series(value, path, document)
    if get_origin(hint) is UnionType:
        if value is None:
            return None
        return _value(value, next(arg for arg in get_args(hint) if arg is not type(None)), path, document)
    if get_origin(hint) is tuple:
        return _tuple(value, get_args(hint), path, document)
    if hint is datetime:
        return _instant(value, path)
    if hint is Interval:
        pair = _array(value, path)
        if len(pair) != 2:
            raise BadInput(path, _short(value), "give [start, end]")
        start, end = (_instant(item, f"{path}[{index}]") for index, item in enumerate(pair))
        if end <= start:
            raise BadInput(path, _short(value), "let the end come after the start")
        return Interval(start, end)
    if hasattr(hint, "__dataclass_fields__"):
        return _object(value, hint, path, document)
    return _plain(value, hint, path)


def _tuple(value: object, kinds: tuple[Any, ...], path: str, document: object) -> tuple[Any, ...]:
    items = _array(value, path)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(items)
    if len(items) != len(kinds):
        raise BadInput(path, _short(value), f"give {len(kinds)} items")
    pairs = enumerate(zip(items, kinds, strict=True))
    return tuple(_value(item, kind, f"{path}[{index}]", document) for index, (item, kind) in pairs)


def _series(value: object, path: str, document: object) -> Series:
    if isinstance(value, int | float) and not isinstance(value, bool):
        now = document.get("now") if isinstance(document, Mapping) else None
        return ((_instant(now, "$.now"), _number(value, path)),)
    points = []
    for index, item in enumerate(_array(value, path)):
        pair = _array(item, f"{path}[{index}]")
        if len(pair) != 2:
            raise BadInput(f"{path}[{index}]", _short(item), "give [instant, number]")
        points.append((_instant(pair[0], f"{path}[{index}][0]"), _number(pair[1], f"{path}[{index}][1]")))
    if len({at for at, _ in points}) != len(points):
        raise BadInput(path, _short(value), "give every instant once")
    return tuple(sorted(points))


def _plain(value: object, kind: Any, path: str) -> Any:
    if isinstance(kind, EnumType):
        choices = [str(choice.value) for choice in kind]  # type: ignore[var-annotated]
        if value not in choices:
            raise BadInput(path, _short(value), f"use one of {', '.join(choices)}")
        return kind(value)
    if kind is float:
        return _number(value, path)
    if kind is int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadInput(path, _short(value), "give a whole number")
        return value
    if not isinstance(value, kind):
        raise BadInput(path, _short(value), f"give a {'text' if kind is str else 'true or false'}")
    return value


def _number(value: object, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(path, _short(value), "give a number")
    if not math.isfinite(value) or abs(value) > _MOST:
        raise BadInput(path, _short(value), "give a finite number of a believable size")
    return float(value)


def _instant(value: object, path: str) -> datetime:
    if isinstance(value, str):
        try:
            instant = utc(datetime.fromisoformat(value))
        except (ValueError, OverflowError, BadInput):
            instant = None
        if instant is not None and timedelta(days=366) < instant - datetime.min.replace(
            tzinfo=instant.tzinfo
        ):
            return instant
    raise BadInput(path, _short(value), "give an instant with a zone, as 2019-07-24T15:07:00Z")


def _array(value: object, path: str) -> list[object]:
    if not isinstance(value, list | tuple):
        raise BadInput(path, _short(value), "give an array")
    return list(value)


def _short(value: object) -> object:
    text = repr(value)
    return value if len(text) <= 80 else text[:77] + "..."


def _schema_of(kind: Any, definitions: dict[str, object]) -> dict[str, object]:
    hints = get_type_hints(kind)
    known = [field for field in fields(kind) if field.name not in _LEFT_OUT]
    return {
        "type": "object",
        "description": (kind.__doc__ or "").split("\n\n")[0].replace("\n", " ").strip(),
        "properties": {field.name: _schema(hints[field.name], definitions) for field in known},
        "required": [field.name for field in known if _needed(field)],
        "additionalProperties": False,
    }


def _schema(hint: Any, definitions: dict[str, object]) -> dict[str, object]:
    instant: dict[str, object] = {"type": "string", "format": "date-time"}
    if hint == Series:
        pair = {"type": "array", "prefixItems": [instant, {"type": "number"}], "minItems": 2, "maxItems": 2}
        return {"anyOf": [{"type": "number"}, {"type": "array", "items": pair}]}
    if get_origin(hint) is UnionType:
        inner = next(arg for arg in get_args(hint) if arg is not type(None))
        return {"anyOf": [_schema(inner, definitions), {"type": "null"}]}
    if get_origin(hint) is tuple:
        kinds = get_args(hint)
        if kinds[-1] is Ellipsis:
            return {"type": "array", "items": _schema(kinds[0], definitions)}
        items = [_schema(kind, definitions) for kind in kinds]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if hint is Interval:
        return {"type": "array", "items": instant, "minItems": 2, "maxItems": 2}
    if hasattr(hint, "__dataclass_fields__"):
        definitions[hint.__name__] = _schema_of(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if isinstance(hint, EnumType):
        return {"enum": [choice.value for choice in hint]}  # type: ignore[var-annotated]
    names: dict[Any, dict[str, object]] = {
        datetime: instant,
        float: {"type": "number"},
        int: {"type": "integer"},
        bool: {"type": "boolean"},
        str: {"type": "string"},
    }
    return names[hint]
