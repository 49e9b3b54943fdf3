"""The copy of a partner's sessions: what an object pushed or pulled changes in it (pure).

Deliveries may come twice, late and in any order; the copy is the same in the end (I-24). PUT replaces all,
PATCH replaces the fields that it has and appends its charging periods. Older never overwrites newer, except
that an older PATCH still brings its periods. COMPLETED and INVALID are final, whenever they come.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from readyby.exchange.ocpi.objects import FINAL, Fields
from readyby.exchange.ocpi.wire import BadMessage, instant

Copy = dict[str, object]
_RANK: Final[Mapping[object, int]] = {
    "RESERVATION": 0,
    "RESERVED": 0,
    "PENDING": 1,
    "ACTIVE": 2,
    "COMPLETED": 3,
}
_INVALID: Final = 4
ENDED: Final = "status: the session has ended for good"
OLDER: Final = "last_updated: older than what is known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a delivery makes of the copy; `note` says why nothing, where that is worth telling."""

    copy: Copy
    changed: bool
    note: str = ""


def replaced(old: Fields | None, new: Fields) -> Change:
    """The copy after a whole object.

    Raises:
        BadMessage: `last_updated` is missing or no instant.
    """
    updated_at = instant(new.get("last_updated"), "last_updated")
    if old is None:
        return Change(copy=dict(new), changed=True)
    if orjson.dumps(old, option=orjson.OPT_SORT_KEYS) == orjson.dumps(new, option=orjson.OPT_SORT_KEYS):
        return Change(copy=dict(old), changed=False)
    if _order(updated_at, new) <= _order(_known_at(old), old):
        reopens = old.get("status") in FINAL and new.get("status") not in FINAL
        note = ENDED if reopens else OLDER
        return Change(copy=dict(old), changed=False, note=note)
    return Change(copy=dict(new), changed=True)


def patched(old: Fields, patch: Fields) -> Change:
    """The copy after a part of an object.

    Raises:
        BadMessage: `last_updated` is missing or no instant, or `charging_periods` no list.
    """
    updated_at = instant(patch.get("last_updated"), "last_updated")
    periods = _appended(old.get("charging_periods"), patch.get("charging_periods"))
    copy = dict(old)
    if periods is not None:
        copy["charging_periods"] = periods
    ends = patch.get("status") in FINAL and old.get("status") not in FINAL
    is_older = updated_at < _known_at(old) and not ends
    reopens = old.get("status") in FINAL and patch.get("status", old.get("status")) not in FINAL
    if not is_older and not reopens:
        copy |= {name: value for name, value in patch.items() if name != "charging_periods"}
        copy["last_updated"] = patch["last_updated"] if updated_at >= _known_at(old) else old["last_updated"]
    note = ENDED if reopens else OLDER if is_older else ""
    return Change(copy=copy, changed=copy != old, note=note)


def _appended(known: object, added: object) -> list[object] | None:
    """The periods with those that are not there yet; None where nothing is added."""
    if added is None:
        return None
    if not isinstance(added, list):
        raise BadMessage("charging_periods: no list")
    old = known if isinstance(known, list) else []
    seen = {orjson.dumps(period, option=orjson.OPT_SORT_KEYS) for period in old}
    new = []
    for period in added:
        written = orjson.dumps(period, option=orjson.OPT_SORT_KEYS)
        if written not in seen:
            seen.add(written)
            new.append(period)
    return [*old, *new] if new else None


def _known_at(copy: Fields) -> datetime:
    return instant(copy.get("last_updated"), "last_updated")


def _order(updated_at: datetime, fields: Fields) -> tuple[bool, datetime, int, float, bytes]:
    """Which of two versions wins, in whatever order they come: the end, the newer, else the further one."""
    status = fields.get("status")
    rank = _INVALID if status == "INVALID" else _RANK.get(status, 0)
    energy = fields.get("kwh")
    size = float(energy) if isinstance(energy, int | float) else 0.0
    return status in FINAL, updated_at, rank, size, orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
