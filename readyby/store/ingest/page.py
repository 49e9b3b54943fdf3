"""A feed page from its bytes: the envelope is sound or the page is refused; rows are judged later."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from readyby.errors import BadInput

LONGEST_S = 86_400.0
COLUMNS = ("session_id", "evse_id", "measured_at", "power_kw", "energy_kwh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came; `columns` hold whatever the wire held, of equal length or `uneven`.

    `silent` is None, and so `undecided` and `meter_every_s`, where an exchange does not say.
    """

    next: int
    as_of: datetime | None
    sessions: list[Any]
    columns: dict[str, list[Any]]
    silent: tuple[str, ...] | None = None
    undecided: tuple[str, ...] = ()
    meter_every_s: float | None = None
    wishes: tuple[Any, ...] = ()

    @property
    def uneven(self) -> bool:
        return len({len(column) for column in self.columns.values()}) > 1


def parse_page(body: bytes) -> Page:
    """Raises BadInput when the body is not a FeedPage: what stands in it then cannot even be counted."""
    try:
        raw = _loads(body)
        meter = raw["meter_values"]
        page = Page(
            next=int(raw["next"]),
            as_of=instant(raw["as_of"]) if raw["as_of"] is not None else None,
            sessions=_listed(raw["sessions"], "sessions"),
            columns={name: _listed(meter[name], f"meter_values.{name}") for name in COLUMNS},
            silent=_names(raw["silent"], "silent") if "silent" in raw else None,
            undecided=_names(raw.get("undecided", []), "undecided"),
            wishes=tuple(_listed(raw.get("wishes", []), "wishes")),
            meter_every_s=_seconds(raw.get("meter_every_s")),
        )
    except KeyError as error:
        raise BadInput(str(error.args[0]), "missing", "send a FeedPage as JSON") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise BadInput("body", f"{len(body)} bytes", f"send a FeedPage as JSON ({error})") from None
    return page


def _loads(body: bytes) -> Any:
    """JSON, and where that fails the same with NaN and infinities: they cost a row, not the page."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body)


def _listed(value: object, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadInput(field, type(value).__name__, "send a list")
    return value


def _names(value: object, field: str) -> tuple[str, ...]:
    return tuple(name for name in _listed(value, field) if isinstance(name, str))


def _seconds(value: object) -> float | None:
    """A span; what is none is left out."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST_S:
        return None
    return float(value)


def instant(value: object) -> datetime:
    """An RFC 3339 instant in UTC.

    Raises:
        TypeError: it is no text.
        ValueError: it is no instant, or names no zone.
    """
    if not isinstance(value, str):
        raise TypeError("an instant is a text in RFC 3339")
    read = datetime.fromisoformat(value)
    if read.tzinfo is None:
        raise ValueError("the instant carries no time zone")
    return read.astimezone(UTC)
