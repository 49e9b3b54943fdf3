"""Planner values as JSON: instants as RFC 3339, spans as seconds, arrays as lists."""

from collections.abc import Mapping, Sequence
from dataclasses import Field, fields, is_dataclass
from datetime import timedelta

import numpy as np
import orjson

from readyby.planning.situation import Situation

_WHOLE = orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY
_fields: "dict[type[object], tuple[Field[object], ...]]" = {}


def to_json(value: object, *, whole: bool = False) -> str:
    """A value as compact JSON text; dataclasses become objects of their fields.

    Of a situation fields at their default are left out, unless it is to be `whole`.
    """
    option = _WHOLE if whole else _WHOLE | orjson.OPT_PASSTHROUGH_DATACLASS
    return orjson.dumps(value, default=_plainer, option=option).decode()


def to_document(value: object) -> object:
    """The same as what reading the text gives."""
    return orjson.loads(to_json(value))


def _plainer(value: object) -> object:
    """One step towards what JSON knows."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in _told(value)}
    raise TypeError(f"{type(value).__name__} is no part of a document")


def _told(value: object) -> "Sequence[Field[object]]":
    """The fields that a document shows: of situations those not at their default, of others all."""
    every = _fields.get(type(value))
    if every is None:
        every = _fields[type(value)] = fields(value)  # type: ignore[arg-type]
    if type(value).__module__ != Situation.__module__:
        return every
    return [field for field in every if field.name != "step" and getattr(value, field.name) != field.default]
