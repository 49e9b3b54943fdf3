"""Calls to an OCPI partner with requests: headers, total deadlines, bounded answers, three-level success.

Success is HTTP 2xx, then a status_code of 1xxx, then the `result` in the data; the last is the caller's.
Synchronous on purpose: the adapter runs it in threads of its own, so that nothing here blocks a loop.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson
import requests

from readyby.errors import Busy, Permanent, ReadyByError, Unreachable
from readyby.exchange.account_http import AccountHttp, retry_after_s
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.exchange.ocpi.wire import BadMessage, Envelope, encoded_token, parse_envelope
from readyby.exchange.way import WayRules

_TRIES: Final = {"GET": 2, "PUT": 2, "DELETE": 2, "POST": 1}
_COMMANDS: Final = {"PUT", "DELETE"}
_UNAVAILABLE: Final = {502, 503, 504}


class Refused(Permanent):
    """The partner answered that it will not: an OCPI status of 2xxx or an HTTP status of 4xx.

    `status_code` is OCPI's, None where the answer had none; `http_status` is HTTP's.
    """

    def __init__(self, message: str, *, http_status: int, status_code: int | None) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.status_code = status_code


class Unauthorized(Refused):
    """The partner does not know our credentials token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A successful answer: its envelope, and its headers by lower-case name."""

    envelope: Envelope
    headers: Mapping[str, str]

    @property
    def data(self) -> object:
        return self.envelope.data


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A party at the other end, for the routing headers."""

    country_code: str
    party_id: str


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    body: object
    params: Mapping[str, str] | None
    token: str
    to: Party | None


class OcpiHttp(AccountHttp):
    """The way to one partner. Threads may share it; each has a connection pool of its own.

    Raises (all calls):
        Unreachable: no answer to be read in time; what it was to do may have been done.
        Busy: not taken, come back later.
        Unauthorized, Refused: not taken.
    """

    max_body_bytes = 32 * 1024 * 1024
    connect_s = 3.0
    retry_pause_s = 0.1

    def __init__(
        self,
        settings: OcpiSettings,
        token: Callable[[], str],
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        new_session: Callable[[], requests.Session] = requests.Session,
    ) -> None:
        rules = WayRules(calls_per_minute=settings.calls_per_minute, burst=settings.calls_at_once)
        super().__init__(
            settings.name,
            rules,
            settings.deadline_s,
            monotonic_s=monotonic_s,
            pause=pause,
            new_session=new_session,
        )
        self._settings, self._token = settings, token

    def call(
        self,
        method: str,
        url: str,
        *,
        body: object = None,
        params: Mapping[str, str] | None = None,
        token: str | None = None,
        to: Party | None = None,
    ) -> Answer:
        """One call under the total deadline; verbs that may be repeated are, once, where the way was cut."""
        request = _Request(method, url, body, params, token or self._token(), to)
        return self._tried(
            lambda end_s: self._once(request, end_s), tries=_TRIES[method], command=method in _COMMANDS
        )

    def _once(self, request: "_Request", end_s: float) -> Answer:
        method, body = request.method, request.body
        try:
            with self._session().request(
                method,
                request.url,
                params=request.params,
                data=None if body is None else orjson.dumps(body),
                headers=self._headers(request),
                timeout=self._timeouts_s(end_s),
                stream=True,
                allow_redirects=method == "GET",
            ) as response:
                content = self._content(response, end_s)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return self._judged(response.status_code, content, headers)
        except requests.RequestException as error:
            raise Unreachable(
                f"{self._settings.name} did not answer {method}: {type(error).__name__}"
            ) from None

    def _headers(self, request: "_Request") -> dict[str, str]:
        to = request.to
        headers = {
            "Authorization": encoded_token(request.token, self._settings.dialect.token_encoding),
            "X-Request-ID": secrets.token_hex(16),
            "X-Correlation-ID": secrets.token_hex(16),
            "Accept": "application/json",
        }
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        if to is not None and self._settings.dialect.routing_headers:
            headers |= {
                "OCPI-from-country-code": self._settings.country_code,
                "OCPI-from-party-id": self._settings.party_id,
                "OCPI-to-country-code": to.country_code,
                "OCPI-to-party-id": to.party_id,
            }
        return headers

    def _judged(self, http_status: int, content: bytes, headers: Mapping[str, str]) -> Answer:
        name = self._settings.name
        try:
            envelope = parse_envelope(content)
        except BadMessage as error:
            if 200 <= http_status < 300:
                raise Unreachable(f"{name} answered HTTP {http_status}, and {error}") from None
            envelope = None
        if 200 <= http_status < 300 and envelope is not None and envelope.is_success:
            return Answer(envelope=envelope, headers=headers)
        raise _fault(name, http_status, envelope, headers)


def _fault(
    name: str, http_status: int, envelope: Envelope | None, headers: Mapping[str, str]
) -> ReadyByError:
    code = envelope.status_code if envelope else None
    said = f"{name} answered HTTP {http_status}" + (f", {envelope.meaning}" if envelope else "")
    if http_status == 429 or (http_status == 503 and "retry-after" in headers):
        return Busy(said, retry_after_s(headers.get("retry-after")))
    if http_status in (401, 403):
        remedy = "its credentials token was changed or withdrawn: register again"
        return Unauthorized(f"{said}: {remedy}", http_status=http_status, status_code=code)
    if http_status in _UNAVAILABLE or http_status >= 500 or (code is not None and code >= 3000):
        return Unreachable(said)
    return Refused(said, http_status=http_status, status_code=code)
