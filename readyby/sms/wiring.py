"""Which carrier an installation uses."""

from readyby.errors import Misconfigured
from readyby.settings import Settings
from readyby.sms.api import Messenger
from readyby.sms.memory import MemoryMessenger
from readyby.sms.phones import LocalPhones

STATUS_PATH = "/sms/status"


def messenger(settings: Settings) -> Messenger:
    """The carrier that the settings name; Twilio's library is loaded only for Twilio.

    Raises:
        Misconfigured: Twilio without account, token or Messaging Service.
    """
    if settings.sms == "phones":
        return LocalPhones(settings.phones_url)
    if settings.sms == "memory":
        return MemoryMessenger()
    return _twilio(settings)


def _twilio(settings: Settings) -> Messenger:
    from readyby.sms.twilio import TwilioMessenger

    needed = {
        "READYBY_TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "READYBY_TWILIO_AUTH_TOKEN": settings.twilio_auth_token.get_secret_value(),
        "READYBY_TWILIO_MESSAGING_SERVICE_SID": settings.twilio_messaging_service_sid,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise Misconfigured(f"sms = twilio needs {', '.join(missing)}: set them, or READYBY_SMS=phones")
    # only a carrier that can reach us is asked to call back
    callback = status_url(settings) if settings.public_url.startswith("https:") else None
    return TwilioMessenger(*needed.values(), status_callback=callback)


def status_url(settings: Settings) -> str:
    """Where the carrier tells what became of a message."""
    return f"{settings.public_url.rstrip('/')}{STATUS_PATH}"
