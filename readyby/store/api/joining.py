"""Drivers who enroll themselves at a station: begun on a page, confirmed from their very phone.

Before it is confirmed nothing personal is stored: of phone and token only keyed hashes, of the code too.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from readyby.model import SessionId, SiteId
from readyby.store.api.base import Command


class JoinState(StrEnum):
    """How far somebody is.

    `unconfirmed`: wrong code, too many of them, too late, or never begun: all the same to who asks.
    `waiting`: the phone is confirmed, the session that tells the token has not been seen.
    `seen`: such a session was seen; whether it is theirs is to be said.
    `done`: enrolled, or the token is somebody else's: all the same to who asks.
    """

    UNCONFIRMED = "unconfirmed"
    WAITING = "waiting"
    SEEN = "seen"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinStep:
    """Where a joining stands; session and start only while it is `seen`. `language` is the page's."""

    state: JoinState
    language: str = "en"
    session_id: SessionId | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginJoin(Command[bool]):
    """Somebody wants to take part; whether a text with the code may leave now (I-18, I-19).

    A `join_key` that is known begins nothing, and lets nothing leave. Without `token_uid` the token is
    learnt from the session that starts at `evse_id` once the phone is confirmed. Whatever is known of the
    phone, the same statements run.
    """

    join_key: str
    phone: str
    code: str
    token_uid: str | None
    site_id: SiteId
    evse_id: str
    wh_per_mi: float
    language: str
    consent_source: str
    consent_version: str
    consent_text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmJoin(Command[JoinStep]):
    """The code that was texted to a phone, as its holder typed it; each wrong one counts."""

    join_key: str
    phone: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmJoinByText(Command[JoinStep]):
    """A text from a phone that may confirm what was last begun for it: `code`, or None for a plain yes."""

    phone: str
    code: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueJoin(Command[JoinStep]):
    """Look for the session that tells the token; with `session_id` its driver says: this one is mine.

    A session counts if it started at the very EVSE after the phone was confirmed, and if nobody else is
    waiting there: who stands beside a plugged-in car cannot take it.
    """

    join_key: str
    phone: str
    at: datetime
    session_id: SessionId | None = None
