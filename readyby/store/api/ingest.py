"""Pages of the exchange's feed, and whose sessions they tell of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from readyby.model import SessionId
from readyby.store.api.base import BYTES_AS_BASE64, Command, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What a page brought. `silence_changed`: an EVSE fell silent, or is heard of again.

    `requests` were made through the network.
    """

    cursor: int
    as_of: datetime | None
    started: tuple[SessionId, ...]
    ended: tuple[SessionId, ...]
    sessions: int
    meter_values: int
    duplicates: int
    quarantined: int
    silence_changed: bool = False
    requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestPage(Command[Ingested]):
    """Take in one feed page (the JSON bytes of `contract.FeedPage`), cursor and rows together (I-24).

    Bad rows are quarantined with their reason (I-25); the token uid is replaced by its keyed hash before
    anything is written. Started and ended live sessions become planning events of their site, and so do
    EVSEs that fall silent or are heard of again.
    """

    __pydantic_config__: ClassVar[Mapping[str, str]] = BYTES_AS_BASE64

    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCursor(Query[int]):
    """Where ingest stands; 0 at the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """How many sessions were looked at, how many of them get a welcome, and how many asked already."""

    sessions: int
    welcomes: int
    requests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSessions(Command[Matched]):
    """Decide for every undecided session whose it is; welcome intents in the same transaction (I-16, I-17).

    A session is eligible when it is live and active, its EVSE is controlled, and its token is known once,
    to a participant who consented and has not stopped. Otherwise the reason is kept and nothing is sent.
    """

    now: datetime
