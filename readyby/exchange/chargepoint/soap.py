"""Calls to the service with requests: total deadlines, bounded answers, success by responseCode 100 alone.

Failures travel in the body with HTTP 200, faults of WS-Security as SOAP faults with HTTP 500. What a call
does may be repeated: limits are absolute. What the service says in words is in no message, since it may
name drivers. Synchronous on purpose: the adapter runs it in threads.
"""

import time
from collections.abc import Callable, Collection
from typing import Final
from xml.etree.ElementTree import Element

import requests

from readyby.errors import Busy, Misconfigured, Permanent, ReadyByError, Unreachable
from readyby.exchange.account_http import AccountHttp, retry_after_s
from readyby.exchange.chargepoint.settings import ChargepointSettings
from readyby.exchange.chargepoint.wire import (
    ACTION,
    BadDocument,
    Query,
    SoapFault,
    envelope,
    opened,
    text,
)
from readyby.exchange.way import WayRules

TRIES: Final = 2
SUCCESS: Final = "100"
REFUSED_SECURITY: Final = frozenset({"FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken"})
MEANINGS: Final = {
    "101": "the account's plan or rights do not allow it",
    "102": "it knows nothing of the kind",
    "126": "it could not limit the port",
    "127": "it could not clear the limit",
    "136": "it knows no such session",
}
"""Response codes as clients of others report them; the service's own list is not public."""
CREDENTIALS_REMEDY: Final = "license key or password are refused: put those in force into its .secret file"


class Refused(Permanent):
    """The service answered that it did not; `code` is its responseCode, or its fault's code."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Soap(AccountHttp):
    """The way to one account. Threads may share it; each has a connection pool of its own.

    Raises (all calls):
        Unreachable: no answer to be read in time; what it was to do may have been done.
        Busy: not taken, come back later.
        Misconfigured: the credentials are refused. Refused: not done.
    """

    max_body_bytes = 16 * 1024 * 1024
    connect_s = 5.0
    retry_pause_s = 0.2

    def __init__(
        self,
        settings: ChargepointSettings,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        new_session: Callable[[], requests.Session] = requests.Session,
    ) -> None:
        rules = WayRules(
            calls_per_minute=settings.calls_per_minute, burst=settings.calls_at_once, rest_s=2, rest_max_s=120
        )
        super().__init__(
            settings.name,
            rules,
            settings.deadline_s,
            monotonic_s=monotonic_s,
            pause=pause,
            new_session=new_session,
        )
        self._settings = settings

    def call(
        self, operation: str, query: Query, *, command: bool = False, nothing: Collection[str] = ()
    ) -> Element | None:
        """One operation under the total deadline; None where its responseCode is one of `nothing`."""

        def once(end_s: float) -> Element | None:
            return self._judged(operation, self._once(operation, query, end_s), nothing)

        return self._tried(once, tries=TRIES, command=command)

    def _once(self, operation: str, query: Query, end_s: float) -> tuple[int, bytes, str | None]:
        """Status, body and Retry-After of one request. No redirect is followed: it would tell a password."""
        settings = self._settings
        body = envelope(
            operation, query, settings.license_key.get_secret_value(), settings.password.get_secret_value()
        )
        try:
            with self._session().post(
                settings.url,
                data=body,
                headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTION}{operation}"'},
                timeout=self._timeouts_s(end_s),
                stream=True,
                allow_redirects=False,
            ) as response:
                content = self._content(response, end_s)
                return response.status_code, content, response.headers.get("Retry-After")
        except requests.RequestException as error:
            raise Unreachable(f"{settings.name} did not answer {operation}: {type(error).__name__}") from None

    def _judged(
        self, operation: str, answer: tuple[int, bytes, str | None], nothing: Collection[str]
    ) -> Element | None:
        status, content, wish = answer
        said = f"{self._settings.name} answered {operation} with HTTP {status}"
        if status in (401, 403):
            raise Misconfigured(f"{said}: {CREDENTIALS_REMEDY}")
        if status == 429 or (status == 503 and wish is not None):
            raise Busy(said, retry_after_s(wish))
        try:
            found = opened(content, operation)
        except SoapFault as fault:
            raise _fault(f"{said} and the fault {fault.code}", fault.code) from None
        except BadDocument as error:
            if 300 <= status < 500:
                raise Refused(said, str(status)) from None
            raise Unreachable(f"{said}: {error}") from None
        if status != 200:
            raise Unreachable(said)
        code = text(found, "responseCode")
        if code in nothing:
            return None
        if code != SUCCESS:
            told = code if code.isascii() and code.isalnum() and len(code) < 8 else "no responseCode"
            raise Refused(f"{said} and {told}: {MEANINGS.get(code, 'not done')}", told)
        return found


def _fault(said: str, code: str) -> ReadyByError:
    if code in REFUSED_SECURITY:
        return Misconfigured(f"{said}: {CREDENTIALS_REMEDY}")
    return Refused(said, code) if code == "Client" else Unreachable(said)
