"""Twilio's webhook for texts that come in: nothing happens without a signature over our public URL (I-29)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

import phonenumbers
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from readyby.errors import ReadyByError
from readyby.secrets_file import secret
from readyby.settings import Settings
from readyby.sms.delivery import PLACES, is_dead, is_halting, is_stopped
from readyby.sms.inbound import TextDesk, TextMessage
from readyby.sms.signature import is_genuine
from readyby.sms.wiring import STATUS_PATH, status_url
from readyby.store.api import RecordDelivery
from readyby.web.http import read_form

PATH: Final = "/sms/inbound"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class InboundWebhook:
    """The route; the signature is checked against the configured address, never against the Host header."""

    texts: TextDesk
    settings: Settings

    def routes(self) -> list[Route]:
        return [
            Route(PATH, self.take, methods=["POST"]),
            Route(STATUS_PATH, self.take_status, methods=["POST"]),
        ]

    async def take_status(self, request: Request) -> Response:
        """What became of a message: signed like a text, in any order, any number of times."""
        fields = await self._signed(request, status_url(self.settings))
        if fields is None:
            return PlainTextResponse("forbidden", status_code=403)
        delivery = read_delivery(fields, self.texts.desk.clock.now())
        if delivery is None:
            return PlainTextResponse("MessageSid and a known MessageStatus are needed", status_code=400)
        try:
            is_news = await run_in_threadpool(self.texts.desk.store.do, delivery)
        except ReadyByError as error:
            return _again("status", error)
        if is_news and delivery.halting:
            log.warning("carrier refuses the account", code=delivery.error_code)
        return Response(status_code=204)

    async def take(self, request: Request) -> Response:
        """Answer at once; 503 for a text that cannot be taken in now, so that the carrier tries again."""
        fields = await self._signed(request, inbound_url(self.settings))
        if fields is None:
            return PlainTextResponse("forbidden", status_code=403)
        text = read_text(fields, carrier_answers="OptOutType" in fields or self.settings.sms == "twilio")
        if text is None:
            return PlainTextResponse("From, Body and MessageSid are needed", status_code=400)
        try:
            answer = await run_in_threadpool(self.texts.answer, text)
        except ReadyByError as error:
            return _again("text", error)
        return Response(twiml(answer), media_type="text/xml")

    async def _signed(self, request: Request, url: str) -> dict[str, str] | None:
        """The form, if the holder of our token signed it for that address."""
        fields = await read_form(request)
        signature = request.headers.get("x-twilio-signature", "")
        genuine = is_genuine(secret(self.settings, "sms_auth_token"), url, fields, signature)
        return fields if genuine else None


def _again(what: str, error: ReadyByError) -> Response:
    log.warning("not taken in", what=what, error=type(error).__name__)
    return PlainTextResponse("try again", status_code=503, headers={"Retry-After": "5"})


def inbound_url(settings: Settings) -> str:
    """The address that the carrier signs: the configured public one."""
    return f"{settings.public_url.rstrip('/')}{PATH}"


def read_text(fields: dict[str, str], *, carrier_answers: bool) -> TextMessage | None:
    """The text of a signed form; None where it is none."""
    sid, phone, body = fields.get("MessageSid", ""), fields.get("From", ""), fields.get("Body")
    if not sid or body is None or len(sid) > 64:
        return None
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return None
    return TextMessage(
        message_sid=sid,
        phone=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        body=body[:1600],
        carrier_answers=carrier_answers,
        opt_out=fields.get("OptOutType", "").upper()[:8],
    )


def read_delivery(fields: dict[str, str], now: datetime) -> RecordDelivery | None:
    """The status of a signed form; None where it is none."""
    sid, status = fields.get("MessageSid", ""), fields.get("MessageStatus", "").lower()
    code = fields.get("ErrorCode", "")[:8] or None
    if not sid or len(sid) > 64 or status not in PLACES:
        return None
    return RecordDelivery(
        provider_id=sid,
        status=status,
        place=PLACES[status],
        at=now,
        error_code=code,
        dead=is_dead(code),
        stopped=is_stopped(code),
        halting=is_halting(code),
    )


def twiml(answer: str | None) -> str:
    """The answer as Twilio's XML; an empty one is silence."""
    message = f"<Message>{escape(answer)}</Message>" if answer else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'
