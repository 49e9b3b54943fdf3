"""OCPI on the wire: envelope, status codes, instants, tokens in headers, case-insensitive strings (pure)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson

from readyby.errors import Permanent

SUCCESS: Final = 1000
CLIENT_ERROR: Final = 2000
BAD_PARAMETERS: Final = 2001
SERVER_ERROR: Final = 3000
CANNOT_USE_CLIENT: Final = 3001
UNSUPPORTED_VERSION: Final = 3002
MISSING_ENDPOINTS: Final = 3003

MEANINGS: Final[Mapping[int, str]] = {
    2000: "client error",
    2001: "invalid or missing parameters",
    2002: "not enough information",
    2003: "unknown location",
    2004: "unknown token",
    3000: "server error",
    3001: "cannot use our API",
    3002: "unsupported version",
    3003: "endpoints are missing",
    4000: "hub error",
    4001: "unknown receiver",
    4002: "the hub's forwarded request timed out",
    4003: "the hub cannot reach the receiver",
}
MAX_TOKEN: Final = 64
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199


class BadMessage(Permanent):
    """A message cannot be read; the text names the field and never a value that may be personal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An OCPI answer. `at` is its timestamp as it came, None where there is none to read."""

    data: object
    status_code: int
    at: datetime | None

    @property
    def is_success(self) -> bool:
        return 1000 <= self.status_code < 2000

    @property
    def meaning(self) -> str:
        """The status in our words: a partner's own text may repeat personal data."""
        return (
            f"OCPI status {self.status_code} ({MEANINGS.get(self.status_code, 'not in the specification')})"
        )


def parse_envelope(body: bytes) -> Envelope:
    """The envelope of an answer.

    Raises:
        BadMessage: it is no JSON, or no envelope.
    """
    fields = parse_json(body)
    if not isinstance(fields, dict):
        raise BadMessage("the answer is no OCPI envelope: no object")
    code = fields.get("status_code")
    if isinstance(code, bool) or not isinstance(code, int):
        raise BadMessage("the answer is no OCPI envelope: status_code is missing or no integer")
    try:
        at = instant(fields.get("timestamp"), "timestamp")
    except BadMessage:
        at = None
    return Envelope(data=fields.get("data"), status_code=code, at=at)


def parse_json(body: bytes) -> object:
    """The JSON of a body.

    Raises:
        BadMessage: it is none.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadMessage(f"invalid JSON at line {error.lineno} column {error.colno}") from None


def answer(now: datetime, data: object = None, status_code: int = SUCCESS, message: str = "") -> bytes:
    """An envelope of ours. Without data the field stays out, as it must for pushes."""
    fields: dict[str, object] = {"status_code": status_code, "timestamp": stamp(now)}
    if data is not None:
        fields["data"] = data
    if message:
        fields["status_message"] = message
    return orjson.dumps(fields)


def stamp(at: datetime) -> str:
    """An instant as OCPI writes it: RFC 3339 in UTC, whole seconds, with Z."""
    return at.astimezone(UTC).replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(value: object, field: str) -> datetime:
    """An instant from the wire; without a zone it is UTC (types, DateTime), other offsets are converted.

    Raises:
        BadMessage: it is none.
    """
    if not isinstance(value, str) or not 10 < len(value) <= 40:
        raise BadMessage(f"{field}: no instant")
    try:
        at = datetime.fromisoformat(value.strip())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadMessage(f"{field}: no RFC 3339 instant") from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise BadMessage(f"{field}: not within the years {FIRST_YEAR} to {LAST_YEAR}")
    return at


def encoded_token(token: str, encoding: str) -> str:
    """The Authorization header for a credentials token."""
    written = base64.b64encode(token.encode()).decode() if encoding == "base64" else token
    return f"Token {written}"


def presented_tokens(header: str | None) -> tuple[str, ...]:
    """What a caller may mean by its Authorization header: the token as it stands, and decoded.

    Whitespace around the decoded token is dropped: the specification's own example encodes a line feed.
    """
    scheme, _, written = (header or "").partition(" ")
    written = written.strip()
    if scheme.casefold() != "token" or not written or len(written) > 2 * MAX_TOKEN:
        return ()
    try:
        decoded = base64.b64decode(written, validate=True).decode("utf-8").strip()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return (written,)
    return (written, decoded) if decoded else (written,)


def same_text(left: str, right: str) -> bool:
    """Whether two CiStrings are the same: their case does not matter."""
    return left.casefold() == right.casefold()
