"""The simulated service's SOAP: requests read, answers written (pure). Shares no code with the product's."""

from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.sax.saxutils import escape

SERVICE = "urn:dictionary:com.chargepoint.webservices"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
DONE = {"responseCode": "100", "responseText": "API input request executed successfully."}

Node = Element
Fields = dict[str, object]
"""An answer's elements by name; a list is an element that comes again, None an empty one."""


class Misfit(Exception):  # noqa: N818 - a refusal of the simulated outside
    """A request that the service refuses with a responseCode."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def read_request(body: bytes) -> tuple[str, Node, tuple[str, str]] | None:
    """Operation, its element, and key and password; None where it is no request."""
    if b"<!DOCTYPE" in body:
        return None
    try:
        root = fromstring(body)  # noqa: S314 - without a DOCTYPE there are no entities
    except ParseError:
        return None
    found = root.find(f"{{{ENVELOPE}}}Body/*")
    prefix = f"{{{SERVICE}}}"
    if found is None or not found.tag.startswith(prefix):
        return None
    token = f"{{{ENVELOPE}}}Header/{{{SECURITY}}}Security/{{{SECURITY}}}UsernameToken/{{{SECURITY}}}"
    shown = (root.findtext(f"{token}Username", ""), root.findtext(f"{token}Password", ""))
    return found.tag.removeprefix(prefix), found, shown


def answer(operation: str, fields: Fields) -> bytes:
    """The envelope of an answer."""
    told = f'<ns1:{operation}Response xmlns:ns1="{SERVICE}">{_written(fields)}</ns1:{operation}Response>'
    return _enveloped(told)


def fault(code: str, text: str) -> bytes:
    """The envelope of a fault."""
    inner = f"<faultcode>wsse:{code}</faultcode><faultstring>{escape(text)}</faultstring>"
    return _enveloped(f'<soapenv:Fault xmlns:wsse="{SECURITY}">{inner}</soapenv:Fault>')


def _enveloped(body: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    inner = f"<soapenv:Header/><soapenv:Body>{body}</soapenv:Body>"
    return f'{head}<soapenv:Envelope xmlns:soapenv="{ENVELOPE}">{inner}</soapenv:Envelope>'.encode()


def _written(fields: Fields) -> str:
    return "".join(_element(name, value) for name, each in fields.items() for value in _listed(each))


def _listed(value: object) -> Iterator[object]:
    yield from value if isinstance(value, list) else [value]


def _element(name: str, value: object) -> str:
    if value is None:
        return f"<{name}></{name}>"
    inner = _written(value) if isinstance(value, dict) else escape(str(value))
    return f"<{name}>{inner}</{name}>"


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(told: str | None) -> datetime | None:
    """An instant of a request; None where there is none.

    Raises:
        Misfit: it cannot be read.
    """
    if not told:
        return None
    try:
        return datetime.fromisoformat(told).astimezone(UTC)
    except ValueError:
        raise Misfit("171", "Invalid dates") from None


def number(told: str | None, default: int) -> int:
    """A whole number of a request.

    Raises:
        Misfit: it is none.
    """
    try:
        return int(told) if told else default
    except ValueError:
        raise Misfit("171", "Invalid number") from None
