"""Texts to drivers and from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from readyby.model import SessionId, SessionRef
from readyby.store.api.base import Command, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageToSend:
    """A claimed message. `key_index` says which of the offered link keys now opens the session."""

    message_id: str
    kind: str
    phone: str
    language: str
    session_ref: SessionRef | None
    arguments: Mapping[str, str]
    key_index: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimMessages(Command[tuple[MessageToSend, ...]]):
    """Move intents to `sending` before the call (I-17); a link key is stored only as the sha256 offered here.

    Messages past their `not_after`, or to a stopped phone, end as `dropped` with the reason instead.
    """

    now: datetime
    key_hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleMessage(Command[None]):
    """What became of a claimed message: `sent`, `refused`, `unknown`; `intent` if it surely did not leave."""

    message_id: str
    state: str
    at: datetime
    provider_id: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMessage(Command[bool]):
    """Intend one message of a kind about a session; False if its `marker` was used already."""

    session_id: SessionId
    kind: str
    marker: str
    arguments: Mapping[str, str]
    at: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonSending(Command[int]):
    """After a restart: what was `sending` is `unknown`: it may have left; how many."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAgain(Command[bool]):
    """A message in doubt that its carrier surely never got is an intent again; False if it was not in doubt.

    Only for carriers that forget nothing, and when nothing can still be on its way to them.
    """

    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundText:
    """A driver's text; refs are the sender's open sessions.

    `is_new` is False for a MessageSid that was answered, or was taken in so lately that it may still be.
    """

    is_new: bool
    known: bool
    session_refs: tuple[SessionRef, ...]
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInbound(Command[InboundText]):
    """Take in one text message, once by its MessageSid (I-29); its words are not kept.

    One whose answer never came about, as by a crash, is taken in again when it comes again.

    `stops` says that it is a STOP (True) or a START (False): that holds with the taking in, all or nothing,
    for whoever texts (I-18).
    """

    message_sid: str
    phone: str
    at: datetime
    stops: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkAnswered(Command[None]):
    """All that a text asked for is done: from now on it is known, however often it comes."""

    message_sid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDelivery(Command[bool]):
    """A carrier's word on a message: False if a later one is known. A dead number is marked by `dead`.

    `place` orders the statuses of one message, for they arrive in any order. `halting` says that the error
    is the account's, not the number's: messages wait then, as by `HoldSending`.
    """

    provider_id: str
    status: str
    place: int
    at: datetime
    error_code: str | None = None
    dead: bool = False
    stopped: bool = False
    halting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSend:
    """A message that may have left; `key_hash` is the hash of the link key in its text."""

    message_id: str
    kind: str
    phone: str
    key_hash: str | None
    claimed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSends(Query[tuple[UnknownSend, ...]]):
    """Messages of unknown outcome since an instant, to be looked up at the carrier."""

    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteDrivers(Command[int]):
    """Intend what drivers are to be told: accepted, ready, cannot be met, unplugged; each once; how many.

    What was asked for on a page is told when it has stood for a minute and can be met; by text it was
    answered at once. A need is short from `short_kwh` and `short_share` of it on, in the plans of two
    minutes: less is no news to a driver. In a site's quiet hours ready and summary wait; what has waited
    longer than its worth is never told.
    """

    now: datetime
    short_kwh: float = 1.0
    short_share: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class CountText(Command[int]):
    """Count a text of a phone; how many there were in the last 24 hours, this one included (I-19)."""

    phone: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldSending(Command[bool]):
    """The carrier refuses the account: intents stay intents, and one is tried now and then; False if known.

    Args:
        code: the carrier's reason.
        detail: the same in words, without personal data.
    """

    code: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingHold:
    """Why no message leaves: refused `tries` times in a row since `since_at`, tried again at `next_try_at`.

    `by_delivery` where messages were taken, and refused afterwards.
    """

    code: str
    detail: str
    since_at: datetime
    tried_at: datetime
    tries: int
    next_try_at: datetime
    by_delivery: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSendingHold(Query[SendingHold | None]):
    """Whether messages wait because the carrier refuses the account."""
