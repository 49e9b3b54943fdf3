"""Messages that may have left are looked up at the carrier, never sent again in doubt (I-17).

A message of ours is known at the carrier by the key in its link, whose hash the store holds.
"""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable

from readyby.errors import ReadyByError
from readyby.links import KEY_LETTERS, key_hash
from readyby.store.api import OfferAgain, SettleMessage, Store, UnknownSend, UnknownSends

LOOKED_FOR: Final = timedelta(hours=6)
_KEY: Final = re.compile(rf"/c/([A-Za-z0-9]{{{KEY_LETTERS}}})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentText:
    """A text as the carrier remembers it."""

    provider_id: str
    body: str


@runtime_checkable
class RemembersSent(Protocol):
    """A carrier that can say what it was given."""

    async def sent_since(self, phone: str, since: datetime) -> tuple[SentText, ...]:
        """What was handed over for a phone since an instant. Raises ReadyByError as `send`."""
        ...


@runtime_checkable
class ForgetsNothing(RemembersSent, Protocol):
    """A carrier whose word that it never got a message can be relied on, after so many machine seconds."""

    sure_after_s: float


async def offer_again(store: Store, carrier: object, now: datetime) -> int:
    """Of the messages that a dead core left in doubt, those that surely never left may leave; how many.

    The carrier is asked twice, and answers in between: what was still on its way in is there by then.
    """
    if not isinstance(carrier, ForgetsNothing):
        return 0
    await look_up(store, carrier, now)
    doubtful = await store.ask(UnknownSends(since=now - LOOKED_FOR))
    if not doubtful:
        return 0
    await asyncio.sleep(carrier.sure_after_s)
    again = 0
    for message in doubtful:
        try:
            provider_id = await _find(carrier, message)
        except ReadyByError:
            continue
        if provider_id is None:
            again += await store.do(OfferAgain(message_id=message.message_id))
        else:
            await _found(store, message, provider_id, now)
    return again


async def look_up(store: Store, carrier: object, now: datetime) -> int:
    """Settle the messages of unknown outcome that the carrier has after all; how many.

    The others stay unknown: they are neither sent again nor forgotten.
    """
    if not isinstance(carrier, RemembersSent):
        return 0
    found = 0
    for message in await store.ask(UnknownSends(since=now - LOOKED_FOR)):
        with suppress(ReadyByError):
            provider_id = await _find(carrier, message)
            if provider_id is not None:
                await _found(store, message, provider_id, now)
                found += 1
    return found


async def _found(store: Store, message: UnknownSend, provider_id: str, now: datetime) -> None:
    await store.do(
        SettleMessage(message_id=message.message_id, state="sent", at=now, provider_id=provider_id)
    )


async def _find(carrier: RemembersSent, message: UnknownSend) -> str | None:
    """The carrier's id of the message, None if it has none; raises as `sent_since`."""
    texts = await carrier.sent_since(message.phone, message.claimed_at - timedelta(minutes=1))
    for text in texts:
        key = _KEY.search(text.body)
        if key and key_hash(key[1]) == message.key_hash:
            return text.provider_id
    return None
