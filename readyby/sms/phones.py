"""The embedded carrier: hands messages to the simulated phones over HTTP."""

from datetime import datetime

import httpx

from readyby.errors import Transient, UnknownOutcome
from readyby.sms.api import Refused
from readyby.sms.lookup import SentText

DEADLINE_S = 5.0


class LocalPhones:
    """Carries texts to the phones of the demo, whose inbox anybody at the machine can read.

    What reached a phone is on paper before it is confirmed, so the phones forget nothing.
    """

    sure_after_s = 1.0

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = f"{url.rstrip('/')}/messages"
        self._kept_url = f"{url.rstrip('/')}/kept"
        self._client = httpx.AsyncClient(timeout=DEADLINE_S, transport=transport)

    async def send(self, phone: str, body: str) -> str:
        try:
            answer = await self._client.post(self._url, json={"to": phone, "body": body})
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Transient(f"phones: not reached ({type(error).__name__})") from error
        except httpx.HTTPError as error:
            raise UnknownOutcome(f"phones: connection lost ({type(error).__name__})") from error
        return _message_id(answer)

    async def sent_since(self, phone: str, since: datetime) -> tuple[SentText, ...]:
        """What has reached a phone; raises Transient where the phones do not answer."""
        try:
            answer = await self._client.post(self._kept_url, json={"to": phone, "since": since.isoformat()})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise Transient(f"phones: cannot be asked ({type(error).__name__})") from error
        return tuple(SentText(provider_id=one["message_id"], body=one["body"]) for one in answer.json())

    async def aclose(self) -> None:
        await self._client.aclose()


def _message_id(answer: httpx.Response) -> str:
    if answer.status_code in (429, 503):
        raise Transient(f"phones: busy ({answer.status_code})")
    if answer.is_server_error:
        raise UnknownOutcome(f"phones: failed ({answer.status_code})")
    if answer.is_error:
        raise Refused(f"phones: refused ({answer.status_code})", code=str(answer.status_code))
    return str(answer.json()["message_id"])
