"""Columns of a page as typed arrays: whole where it goes well, value by value only inside a failing block."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from readyby.contract import FIRST_YEAR, LAST_YEAR
from readyby.store.ingest.page import instant
from readyby.store.work import INSTANT

BLOCK = 64
FIRST, LAST = (pa.scalar(datetime(year, 1, 1, tzinfo=UTC), INSTANT) for year in (FIRST_YEAR, LAST_YEAR))
NUMBERS = {float, int, type(None)}

Convert = Callable[[Sequence[Any]], pa.Array]
Judge = Callable[[Any], Any]


def texts(values: Sequence[Any]) -> pa.Array:
    """Texts; null where a value is none, or empty."""
    array = _converted(values, lambda part: pa.array(part, pa.string()), _text)
    return pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)


def numbers(values: Sequence[Any]) -> pa.Array:
    """Finite numbers as float64; null where a value is none."""
    array = _converted(values, _to_floats, _number)
    return pc.if_else(pc.is_finite(array), array, pa.scalar(None, pa.float64()))


def instants(values: Sequence[Any]) -> pa.Array:
    """Instants in UTC with microseconds; null where a value is none, names no zone, or lies out of reach."""
    array = _converted(values, _to_instants, _instant)
    within = pc.and_(pc.greater(array, FIRST), pc.less(array, LAST))
    return pc.if_else(within, array, pa.scalar(None, INSTANT))


def _to_floats(part: Sequence[Any]) -> pa.Array:
    if not set(map(type, part)) <= NUMBERS:  # Arrow would take True for 1.0
        raise pa.ArrowInvalid("not numbers")
    return pa.array(part, pa.float64())


def _to_instants(part: Sequence[Any]) -> pa.Array:
    return pa.array(part, pa.string()).cast(INSTANT)


def _converted(values: Sequence[Any], convert: Convert, judge: Judge) -> pa.Array:
    """Convert at once; on failure halve, down to blocks in which each value is judged alone."""
    try:
        return convert(values)
    except (pa.ArrowException, OverflowError):
        pass
    if len(values) <= BLOCK:
        return convert([judge(value) for value in values])
    middle = len(values) // 2
    return pa.concat_arrays(
        [_converted(values[:middle], convert, judge), _converted(values[middle:], convert, judge)]
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _instant(value: Any) -> str | None:
    try:
        return instant(value).isoformat()
    except (TypeError, ValueError, OverflowError):
        return None
