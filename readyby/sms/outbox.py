"""Send one claimed message and say what became of it: whoever claimed it settles it so."""

from readyby import links
from readyby.errors import Permanent, Transient, UnknownOutcome
from readyby.messages import render
from readyby.settings import Settings
from readyby.sms.api import Halted, Messenger, Refused, SendOutcome
from readyby.sms.delivery import is_dead
from readyby.store.api import MessageToSend


async def send_message(
    message: MessageToSend, key: str | None, messenger: Messenger, settings: Settings
) -> SendOutcome:
    """Render and send a message; every end of it is a value, so that it can be settled.

    Args:
        message: as claimed, already `sending` in the store.
        key: the link key that now opens its session, None for a message without link.
    """
    link = links.link(settings.public_url, key) if key else None
    try:
        body = render(message.kind, message.language, {"brand": settings.brand, **message.arguments}, link)
        provider_id = await messenger.send(message.phone, body)
    except Halted as error:
        return SendOutcome(state="intent", error=str(error), halted=error.code)
    except Transient as error:
        return SendOutcome(state="intent", error=str(error))
    except UnknownOutcome as error:
        return SendOutcome(state="unknown", error=str(error))
    except Refused as error:
        dead = error.code if is_dead(error.code) else None
        return SendOutcome(state="refused", error=str(error), stopped=error.stopped, dead=dead)
    except Permanent as error:
        return SendOutcome(state="refused", error=str(error))
    return SendOutcome(state="sent", provider_id=provider_id)
