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


HALTING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "20003": "the account's credentials are wrong",
        "20005": "the account is not active",
        "20404": "the account or its Messaging Service does not exist",
        "21701": "the Messaging Service does not exist",
        "21703": "the Messaging Service has no sending number",
        "21704": "the Messaging Service has no sending number",
        "21705": "the Messaging Service is not valid",
        "30002": "the account is suspended",
        "30007": "carriers filter the messages",
        "30032": "the toll-free number is not verified",
        "30034": "the sending number is not registered for 10DLC",
        "63038": "the account has sent its most messages of a day",
    }
)
"""What is wrong with the account or its sender: any other message would end the same way."""


def is_halting(code: str | None) -> bool:
    """Whether an error is the account's, and stays until somebody puts it right."""
    return code in HALTING


def is_dead(code: str | None) -> bool:
    """Whether an error says that the number cannot be reached, now or later."""
    return code in DEAD


def is_stopped(code: str | None) -> bool:
    """Whether an error says that the person has opted out at the carrier (I-18)."""
    return code == OPTED_OUT
