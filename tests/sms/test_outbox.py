"""A claimed message is sent once, and every end of it is a value to settle it by."""

from collections.abc import Mapping

import pytest

from readyby.errors import Busy, ReadyByError, Transient, UnknownOutcome
from readyby.model import SessionRef
from readyby.settings import Settings
from readyby.sms.api import Halted, Refused, SendOutcome
from readyby.sms.memory import MemoryMessenger
from readyby.sms.outbox import send_message
from readyby.store.api import MessageToSend

KEY = "k" * 22


def welcome(kind: str = "welcome", arguments: Mapping[str, str] | None = None) -> MessageToSend:
    return MessageToSend(
        message_id="m1",
        kind=kind,
        phone="+12135550101",
        language="es",
        session_ref=SessionRef("ref"),
        arguments=arguments if arguments is not None else {"evse_id": "E1", "site_name": "JPL"},
        key_index=0,
    )


async def test_a_refused_account_leaves_the_message_an_intent() -> None:
    carrier = MemoryMessenger()
    carrier.failures.append(Halted("wrong credentials", code="20003"))
    outcome = await send_message(welcome(), KEY, carrier, Settings())
    assert (outcome.state, outcome.halted) == ("intent", "20003")


async def test_a_welcome_carries_the_link_in_the_drivers_language() -> None:
    carrier = MemoryMessenger()
    settings = Settings(public_url="https://ev.example", brand="Volta")
    outcome = await send_message(welcome(), KEY, carrier, settings)
    assert outcome == SendOutcome(state="sent", provider_id="memory-1")
    ((phone, body),) = carrier.sent
    assert phone == "+12135550101"
    assert body.startswith("Volta en E1")
    assert f"https://ev.example/c/{KEY}" in body


@pytest.mark.parametrize(
    ("failure", "state", "stopped"),
    [
        (Transient("away"), "intent", False),
        (Busy("slow down"), "intent", False),
        (UnknownOutcome("lost"), "unknown", False),
        (Refused("bad number", code="21211"), "refused", False),
        (Refused("opted out", code="21610", stopped=True), "refused", True),
    ],
)
async def test_every_failure_is_an_end(failure: ReadyByError, state: str, stopped: bool) -> None:
    carrier = MemoryMessenger()
    carrier.failures.append(failure)
    outcome = await send_message(welcome(), KEY, carrier, Settings())
    assert (outcome.state, outcome.stopped, outcome.error) == (state, stopped, str(failure))
    assert carrier.sent == []


@pytest.mark.parametrize("message", [welcome(kind="hello"), welcome(kind="ready", arguments={})])
async def test_what_cannot_be_worded_is_refused_and_never_sent(message: MessageToSend) -> None:
    carrier = MemoryMessenger()
    outcome = await send_message(message, KEY, carrier, Settings())
    assert outcome.state == "refused"
    assert carrier.sent == []
