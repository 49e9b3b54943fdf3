"""Twilio as a carrier, by a Messaging Service; neither its client nor this one sends twice."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.base.values import unset
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from readyby.errors import Busy, ReadyByError, Transient, UnknownOutcome
from readyby.sms.api import Halted, Refused
from readyby.sms.delivery import HALTING, is_dead, is_halting, is_stopped
from readyby.sms.inbound import TextMessage
from readyby.sms.lookup import SentText

DEADLINE_S = 10.0
LISTED = 200
VALIDITY_S = 900
"""A welcome that arrives later than this is worth nothing."""

OPTED_OUT: Final = 21610
_REASONS: Final[Mapping[int, str]] = MappingProxyType(
    {
        OPTED_OUT: "the recipient has opted out",
        21211: "not a valid phone number",
        21614: "not a mobile number",
        21408: "the number's region is not enabled in the account",
    }
)


class TwilioMessenger:
    """Sends through the account's Messaging Service (sender pool, opt-out handling, validity)."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        messaging_service_sid: str,
        *,
        status_callback: str | None = None,
        http_client: TwilioHttpClient | None = None,
    ) -> None:
        self._client = Client(  # type: ignore[no-untyped-call]
            account_sid, auth_token, http_client=http_client or TwilioHttpClient(timeout=DEADLINE_S)
        )
        self._messaging_service_sid = messaging_service_sid
        self._status_callback: str | object = status_callback or unset

    async def send(self, phone: str, body: str) -> str:
        return await asyncio.to_thread(self._send, phone, body)

    async def sent_since(self, phone: str, since: datetime) -> tuple[SentText, ...]:
        """What the account has sent to a phone; raises Transient where it cannot be asked."""
        found = await asyncio.to_thread(self._listed, since, phone)
        return tuple(
            SentText(provider_id=one.sid, body=one.body or "")
            for one in found
            if one.sid and not _came_in(one)
        )

    async def received_since(self, since: datetime) -> tuple[TextMessage, ...]:
        """Texts to the account's numbers, oldest first; raises Transient where it cannot be asked."""
        found = await asyncio.to_thread(self._listed, since, None)
        return tuple(
            TextMessage(message_sid=one.sid, phone=one.from_, body=one.body or "", carrier_answers=True)
            for one in reversed(found)
            if one.sid and one.from_ and _came_in(one)
        )

    def _listed(self, since: datetime, phone: str | None) -> list[MessageInstance]:
        """The newest messages of the account, as it lists them: newest first, at most `LISTED`."""
        try:
            return list(
                self._client.messages.list(
                    to=phone or unset, date_sent_after=since, limit=LISTED, page_size=LISTED
                )
            )
        except (requests.exceptions.RequestException, TwilioException) as error:
            raise Transient(f"twilio: messages cannot be listed ({type(error).__name__})") from None

    async def aclose(self) -> None:
        """The client keeps no connection that needs closing."""

    def _send(self, phone: str, body: str) -> str:
        try:
            message = self._client.messages.create(
                to=phone,
                body=body,
                messaging_service_sid=self._messaging_service_sid,
                validity_period=VALIDITY_S,
                status_callback=self._status_callback,
            )
        except TwilioRestException as error:
            raise _refusal(error) from None  # its text may hold the number
        except requests.exceptions.ConnectTimeout as error:
            raise Transient("twilio: not reached in time") from error
        except requests.exceptions.ConnectionError as error:
            raise _lost(error) from None
        except (requests.exceptions.RequestException, TwilioException) as error:
            raise UnknownOutcome(f"twilio: no clear answer ({type(error).__name__})") from None
        if message.sid is None:
            raise UnknownOutcome("twilio: an answer without a message sid")
        return message.sid


def _came_in(message: MessageInstance) -> bool:
    return str(message.direction) == "inbound"


def _refusal(error: TwilioRestException) -> ReadyByError:
    """Twilio's word: 429 was never taken in; other 5xx may have been; the rest is final.

    An error of the account stops all messages; without a code of its own, the status tells it.
    """
    code = error.code or error.status
    if is_halting(str(code)) or (error.status in (401, 403, 404) and not _is_of_number(code)):
        reason = HALTING.get(str(code), "the account is refused")
        return Halted(f"twilio: refused ({code}): {reason}", code=str(code))
    if error.status == 429:
        return Busy(f"twilio: too many requests ({code})")
    if error.status >= 500:
        return UnknownOutcome(f"twilio: failed ({error.status})")
    reason = _REASONS.get(code, "see twilio.com/docs/api/errors")
    return Refused(f"twilio: refused ({code}): {reason}", code=str(code), stopped=code == OPTED_OUT)


def _is_of_number(code: int) -> bool:
    return is_dead(str(code)) or is_stopped(str(code))


def _lost(error: requests.exceptions.ConnectionError) -> ReadyByError:
    """Without a connection nothing left; with one that broke, it may have."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if type(cause).__name__ in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError"):
        return Transient(f"twilio: not reached ({type(cause).__name__})")
    return UnknownOutcome(f"twilio: connection lost ({type(error).__name__})")
