"""What a carrier says of a message after taking it: statuses in any order, errors that end a number.

Codes and their meanings: https://www.twilio.com/docs/api/errors.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PLACES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "accepted": 0,
        "scheduled": 0,
        "queued": 1,
        "sending": 2,
        "sent": 3,
        "delivered": 4,
        "undelivered": 4,
        "failed": 4,
        "canceled": 4,
        "read": 5,
    }
)
"""Statuses in the order in which they happen: callbacks may overtake each other."""

OPTED_OUT: Final = "21610"
DEAD: Final = frozenset(("21211", "21408", "21612", "21614", "30004", "30005", "30006"))
"""The number is wrong, blocked, unknown, a landline or abroad: it will not get better by trying again."""


def is_dead(code: str | None) -> bool:
    """Whether an error says that the number cannot be reached, now or later."""
    return code in DEAD


def is_stopped(code: str | None) -> bool:
    """Whether an error says that the person has opted out at the carrier (I-18)."""
    return code == OPTED_OUT
