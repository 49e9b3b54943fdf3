"""The outbox: intent, sending, and what became of it; what may have left is not sent again (I-17)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson

from readyby.errors import Conflict, NotFound
from readyby.model import SessionRef
from readyby.store import api
from readyby.store.checks import one_of
from readyby.store.commands.caps import held_back
from readyby.store.commands.drivers import mark_number, must_wait
from readyby.store.commands.holding import is_held, is_trying, note_settled
from readyby.store.commands.sessions import MESSAGE_TYPES, WELCOME
from readyby.store.registry import Veil, command, put_veil
from readyby.store.work import Row, Work, batch_of

NUMBER = re.compile(r"\+?\d[\d\s().-]{5,}\d")
"""Anything like a phone number in what a carrier answered (I-30); its error codes are shorter."""
OUTCOMES = {
    "sending": ("sent", "refused", "unknown", "intent"),
    "unknown": ("sent",),
}


@command(api.QueueMessage)
def queue_message(work: Work, given: api.QueueMessage) -> bool:
    session = work.row("queries/session_owner", session_id=given.session_id)
    if session is None or session["participant_key"] is None:
        raise NotFound(f"session {given.session_id} belongs to nobody who gets messages")
    row = {
        "message_id": work.ids(),
        "session_id": given.session_id,
        "participant_key": session["participant_key"],
        "kind": given.kind,
        "marker": given.marker,
        "arguments": orjson.dumps(dict(given.arguments)).decode(),
        "created_at": given.at,
        "not_after": given.not_after,
    }
    return bool(work.rows_of("commands/insert_messages", batch_of([row], **MESSAGE_TYPES)))


@command(api.ClaimMessages)
def claim_messages(work: Work, given: api.ClaimMessages) -> tuple[api.MessageToSend, ...]:
    if is_held(work, given.now):
        return ()
    intents = work.rows("queries/message_intents")
    claimed: list[api.MessageToSend] = []
    keys = iter(enumerate(given.key_hashes[:1] if is_trying(work) else given.key_hashes))
    for row in intents:
        reason = _dropped(work, row, given) or held_back(work, row["message_id"], given.now)
        if reason:
            dropped = {"message_id": row["message_id"], "settled_at": given.now, "error": reason}
            work.run("commands/drop_message", **dropped)
            continue
        index = _open_link(work, row, given, keys)
        if index is None:
            break
        claimed.append(_to_send(row, index))
    return tuple(claimed)


def _dropped(work: Work, row: Row, given: api.ClaimMessages) -> str | None:
    """Why an intent must not be sent any more."""
    if row["phone"] is None:
        return "not enrolled any more"
    if row["stopped"]:
        return "stopped by the driver"
    if row["consent_at"] is None:
        return "no consent"
    if given.now >= row["not_after"]:
        return "too late"
    if row["kind"] == WELCOME and not row["active"]:
        return "session has ended"
    if must_wait(work, row["kind"], given.now, ZoneInfo(row["time_zone"] or "UTC")):
        return "quiet hours began before it could leave"
    return None


def _open_link(work: Work, row: Row, given: api.ClaimMessages, keys: Iterator[tuple[int, str]]) -> int | None:
    """Bind the next key to the message's session and mark it `sending`; None without a key left."""
    index, key_hash = next(keys, (None, None))
    if index is None:
        return None
    work.run("commands/insert_link", key_hash=key_hash, session_id=row["session_id"], created_at=given.now)
    work.run("commands/claim_message", message_id=row["message_id"], claimed_at=given.now, key_hash=key_hash)
    return index


def _to_send(row: Row, index: int) -> api.MessageToSend:
    return api.MessageToSend(
        message_id=row["message_id"],
        kind=row["kind"],
        phone=row["phone"],
        language=row["language"],
        session_ref=SessionRef(row["session_ref"]) if row["session_ref"] else None,
        arguments=orjson.loads(row["arguments"]),
        key_index=index,
    )


def _without_phones(messages: tuple[api.MessageToSend, ...]) -> tuple[api.MessageToSend, ...]:
    return tuple(replace(message, phone="") for message in messages)


def _with_phones(work: Work, messages: tuple[api.MessageToSend, ...]) -> tuple[api.MessageToSend, ...]:
    """As claimed; who is not enrolled any more has no phone, and gets no message."""
    phones = {row["message_id"]: row["phone"] for row in work.rows("queries/phones_of_messages")}
    return tuple(
        replace(message, phone=phones[message.message_id])
        for message in messages
        if message.message_id in phones
    )


put_veil(api.ClaimMessages, Veil(hide=_without_phones, show=_with_phones))


@command(api.SettleMessage)
def settle_message(work: Work, given: api.SettleMessage) -> None:
    one_of("state", given.state, OUTCOMES["sending"])
    message = work.row("queries/message", message_id=given.message_id)
    if message is None:
        raise NotFound(f"message {given.message_id} is unknown")
    if message["state"] == given.state != "intent":
        return
    if given.state not in OUTCOMES.get(message["state"], ()):
        raise Conflict(f"message {given.message_id} is {message['state']}: it cannot become {given.state}")
    _settle(
        work,
        message,
        state=given.state,
        settled_at=None if given.state == "intent" else given.at,
        provider_id=given.provider_id,
        error=NUMBER.sub("(number)", given.error) if given.error else None,
    )
    note_settled(work, given.state, given.at)
    if given.provider_id is not None:
        mark_number(work, given.provider_id)


def _settle(
    work: Work,
    message: Row,
    *,
    state: str,
    settled_at: datetime | None = None,
    provider_id: str | None = None,
    error: str | None = None,
) -> None:
    """Write down what became of a message; the link of one that did not leave opens nothing."""
    work.run(
        "commands/settle_message",
        message_id=message["message_id"],
        state=state,
        settled_at=settled_at,
        provider_id=provider_id,
        error=error,
    )
    if state in ("intent", "refused"):
        work.run("commands/delete_link", key_hash=message["key_hash"])


@command(api.OfferAgain)
def offer_again(work: Work, given: api.OfferAgain) -> bool:
    message = work.row("queries/message", message_id=given.message_id)
    if message is None:
        raise NotFound(f"message {given.message_id} is unknown")
    if message["state"] != "unknown":
        return False
    _settle(work, message, state="intent")
    return True


@command(api.AbandonSending)
def abandon_sending(work: Work, given: api.AbandonSending) -> int:
    return len(work.rows("commands/abandon_sending", settled_at=given.at))
