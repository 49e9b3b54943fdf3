"""Text -> driver."""

import structlog

from readyby import wiring
from readyby.links import key_hash, new_key
from readyby.runs.log import say
from readyby.sms.lookup import look_up
from readyby.sms.offer import with_offer
from readyby.sms.outbox import send_message
from readyby.store.api import (
    ClaimMessages,
    HoldSending,
    MarkStopped,
    MarkUnreachable,
    MessageToSend,
    ReadSendingHold,
    SettleMessage,
)
from tasks.policy import act

log = structlog.get_logger()


@act(attempts=1, timeout_s=120.0)
async def send_messages() -> int:
    """Send what is intended, at most once: committed as `sending` before the call. How many were tried.

    They are claimed one by one: a core that is killed here leaves at most one in doubt.
    """
    here = wiring.current()
    held = await here.store.ask(ReadSendingHold())
    tried = 0
    while True:
        key = new_key()
        claimed = await here.store.do(ClaimMessages(now=here.clock.now(), key_hashes=(key_hash(key),)))
        if not claimed:
            break
        (message,) = claimed
        tried += 1
        if await _send(message, key) == "intent":
            break
    if held and tried and await here.store.ask(ReadSendingHold()) is None:
        log.warning("carrier takes messages again", held_since=held.since_at.isoformat())
        say("the carrier takes messages again")
    found = await look_up(here.store, here.messenger, here.clock.now())
    if found:
        say(f"{found} messages of unknown outcome found at the carrier")
    return tried


async def _send(message: MessageToSend, key: str) -> str:
    """Send one claimed message and settle it; its state now, `intent` if the carrier does not answer."""
    here = wiring.current()
    offered = await with_offer(message, here.store, here.clock.now())
    link_key = None if message.key_index is None else key
    outcome = await send_message(offered, link_key, here.messenger, here.settings)
    await here.store.do(
        SettleMessage(
            message_id=message.message_id,
            state=outcome.state,
            at=here.clock.now(),
            provider_id=outcome.provider_id,
            error=outcome.error,
        )
    )
    if outcome.stopped:
        await here.store.do(MarkStopped(phone=message.phone, stopped=True, at=here.clock.now()))
    if outcome.dead:
        await here.store.do(
            MarkUnreachable(phone=message.phone, error_code=outcome.dead, at=here.clock.now())
        )
    if outcome.halted:
        await _hold(outcome.halted, outcome.error or "")
        return outcome.state
    say(f"message {message.kind}: {outcome.state}{f' ({outcome.error})' if outcome.error else ''}")
    return outcome.state


async def _hold(code: str, detail: str) -> None:
    """Let messages wait for the account; told once, however often it is tried."""
    here = wiring.current()
    if await here.store.do(HoldSending(code=code, detail=detail, at=here.clock.now())):
        log.warning("carrier refuses the account: messages wait", code=code)
        say(f"messages wait: {detail}")
