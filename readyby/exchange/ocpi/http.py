"""Calls to an OCPI partner with requests: headers, total deadlines, bounded answers, three-level success.

Success is HTTP 2xx, then a status_code of 1xxx, then the `result` in the data; the last is the caller's.
Synchronous on purpose: the adapter runs it in threads of its own, so that nothing here blocks a loop.
"""

import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import local
from typing import Final

import orjson
import requests

from readyby.errors import Busy, Permanent, ReadyByError, Unreachable
from readyby.exchange.ocpi.settings import OcpiSettings
from readyby.exchange.ocpi.wire import BadMessage, Envelope, encoded_token, parse_envelope
from readyby.exchange.way import Way, WayRules

MAX_BODY_BYTES: Final = 32 * 1024 * 1024
CONNECT_S: Final = 3.0
RETRY_PAUSE_S: Final = 0.1
CHUNK: Final = 64 * 1024
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


class OcpiHttp:
    """The way to one partner. Threads may share it; each has a connection pool of its own.

    Raises (all calls):
        Unreachable: no answer to be read in time; what it was to do may have been done.
        Busy: not taken, come back later.
        Unauthorized, Refused: not taken.
    """

    def __init__(
        self,
        settings: OcpiSettings,
        token: Callable[[], str],
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        new_session: Callable[[], requests.Session] = requests.Session,
    ) -> None:
        self._settings, self._token = settings, token
        self._monotonic_s, self._pause, self._new_session = monotonic_s, pause, new_session
        rules = WayRules(calls_per_minute=settings.calls_per_minute, burst=settings.calls_at_once)
        self.way = Way(settings.name, rules, monotonic_s=monotonic_s)
        self._threads = local()

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
        end_s = self._monotonic_s() + self._settings.deadline_s
        for left in reversed(range(_TRIES[method])):
            self._take_turn(end_s, command=method in _COMMANDS)
            try:
                answer = self._once(request, end_s)
            except Unreachable as error:
                self.way.failed(error)
                if not left or end_s - self._monotonic_s() < 2 * RETRY_PAUSE_S:
                    raise
                self._pause(RETRY_PAUSE_S * (1 + random.random()))  # noqa: S311 - jitter, no secret
            except ReadyByError as error:
                self.way.failed(error)
                raise
            else:
                self.way.succeeded()
                return answer
        raise AssertionError(method)

    def _take_turn(self, end_s: float, *, command: bool) -> None:
        """Wait until the account's rate lets a call leave.

        Raises:
            Busy: not before the deadline.
        """
        while (wait_s := self.way.wait_s(command=command)) > 0:
            if self._monotonic_s() + wait_s > end_s:
                raise Busy(f"{self._settings.name}: its rate of calls is used up", wait_s)
            self._pause(wait_s)

    def _once(self, request: "_Request", end_s: float) -> Answer:
        method, body = request.method, request.body
        try:
            with self._session().request(
                method,
                request.url,
                params=request.params,
                data=None if body is None else orjson.dumps(body),
                headers=self._headers(request),
                timeout=(min(CONNECT_S, self._left_s(end_s)), self._left_s(end_s)),
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

    def _left_s(self, end_s: float) -> float:
        left_s = end_s - self._monotonic_s()
        if left_s <= 0:
            raise Unreachable(f"{self._settings.name} did not answer within {self._settings.deadline_s:g} s")
        return left_s

    def _content(self, response: requests.Response, end_s: float) -> bytes:
        """The whole body; a partner that trickles is cut off at the deadline, one that floods at a bound."""
        parts, size = [], 0
        for part in response.iter_content(CHUNK):
            self._left_s(end_s)
            size += len(part)
            if size > MAX_BODY_BYTES:
                raise Unreachable(f"{self._settings.name} answered more than {MAX_BODY_BYTES} bytes")
            parts.append(part)
        return b"".join(parts)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = self._new_session()
            session.trust_env = False
            session.max_redirects = 3
        return session

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


def retry_after_s(value: str | None) -> float | None:
    """Seconds of a Retry-After header; a date, or nonsense, is no wish."""
    return float(value) if value and value.isascii() and value.isdigit() and len(value) < 7 else None
