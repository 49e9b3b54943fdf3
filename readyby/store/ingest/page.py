"""A feed page from its bytes: the envelope is sound or the page is refused; rows are judged later."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from readyby.errors import BadInput

COLUMNS = ("session_id", "evse_id", "measured_at", "power_kw", "energy_kwh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came; `columns` hold whatever the wire held, of equal length or `uneven`."""

    next: int
    as_of: datetime | None
    sessions: list[Any]
    columns: dict[str, list[Any]]

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
        )
    except KeyError as error:
        raise BadInput(str(error.args[0]), "missing", "send a FeedPage as JSON") from None
    except (ValueError, TypeError) as error:
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
