"""Text messages: one Protocol with three carriers, the outbox, and what drivers text back."""

from readyby.sms.api import Messenger
from readyby.sms.wiring import messenger

__all__ = ["Messenger", "messenger"]
