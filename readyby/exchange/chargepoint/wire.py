"""SOAP 1.1 envelopes with a WS-Security UsernameToken, written and read (pure).

What comes from outside is read under bounds: no DOCTYPE, so no entities at all; no deep nesting; no flood
of elements. The caller bounds the bytes. Elements are known by their local names.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, TreeBuilder, tostring
from xml.parsers import expat

NAMESPACE: Final = "urn:dictionary:com.chargepoint.webservices"
SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_OASIS: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE: Final = f"{_OASIS}-wssecurity-secext-1.0.xsd"
PASSWORD_TEXT: Final = f"{_OASIS}-username-token-profile-1.0#PasswordText"
ACTION: Final = "urn:provider/interface/chargepointservices/"
MOST_DEEP: Final = 24
MOST_ELEMENTS: Final = 300_000

Query = Mapping[str, "str | Query | Sequence[Query | str]"]
"""A request by element names; a list stands for elements of the same name."""


class BadDocument(Exception):  # noqa: N818 - the text says what is bad
    """Bytes that are no document of the service's; the text says why, and quotes nothing."""


class SoapFault(Exception):  # noqa: N818 - SOAP's own word
    """The service answered with a fault; `code` is the local name of its faultcode."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def envelope(operation: str, query: Query, license_key: str, password: str) -> bytes:
    """A request: the operation's element with its query, whose elements have no namespace."""
    root = Element(_name(SOAP, "Envelope"))
    security = SubElement(SubElement(root, _name(SOAP, "Header")), _name(WSSE, "Security"))
    security.set(_name(SOAP, "mustUnderstand"), "1")
    token = SubElement(security, _name(WSSE, "UsernameToken"))
    SubElement(token, _name(WSSE, "Username")).text = license_key
    shown = SubElement(token, _name(WSSE, "Password"), {"Type": PASSWORD_TEXT})
    shown.text = password
    _fill(SubElement(SubElement(root, _name(SOAP, "Body")), _name(NAMESPACE, operation)), query)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _name(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


def _fill(parent: Element, query: Query) -> None:
    for name, value in query.items():
        for each in [value] if isinstance(value, str | Mapping) else value:
            child = SubElement(parent, name)
            if isinstance(each, str):
                child.text = each
            else:
                _fill(child, each)


def opened(content: bytes, operation: str) -> Element:
    """The response to an operation.

    Raises:
        BadDocument: it is none.
        SoapFault: the service answered with a fault.
    """
    root = parse(content)
    body = child(root, "Body") if local(root) == "Envelope" else None
    if body is None or len(body) == 0:
        raise BadDocument("the answer is no SOAP envelope")
    found = body[0]
    if local(found) == "Fault":
        raise SoapFault(text(found, "faultcode").rpartition(":")[2][:40])
    if found.tag != f"{{{NAMESPACE}}}{operation}Response":
        raise BadDocument(f"the answer is none to {operation}")
    return found


def parse(content: bytes) -> Element:
    """A document under the bounds of this module.

    Raises:
        BadDocument: it is not well-formed, or beyond a bound.
    """
    builder = _Bounded()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.tree.data
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise BadDocument(f"the answer is no XML: {type(error).__name__}") from None
    return builder.tree.close()


def _refuse_doctype(*_told: object) -> None:
    raise BadDocument("the answer has a DOCTYPE")


class _Bounded:
    """Builds a tree, and counts."""

    def __init__(self) -> None:
        self.tree = TreeBuilder()
        self._depth = self._count = 0

    def start(self, name: str, _attributes: object) -> None:
        self._depth, self._count = self._depth + 1, self._count + 1
        if self._depth > MOST_DEEP or self._count > MOST_ELEMENTS:
            raise BadDocument("the answer has too many elements")
        self.tree.start(_tag(name), {})

    def end(self, name: str) -> None:
        self._depth -= 1
        self.tree.end(_tag(name))


def _tag(name: str) -> str:
    return f"{{{name}" if "}" in name else name


def local(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def children(parent: Element, name: str) -> Iterator[Element]:
    """The children of a name, in order."""
    return (each for each in parent if local(each) == name)


def child(parent: Element, name: str) -> Element | None:
    """The first child of a name."""
    return next(children(parent, name), None)


def text(parent: Element, name: str) -> str:
    """The text of a child, stripped; empty where it is missing or empty."""
    found = child(parent, name)
    return (found.text or "").strip() if found is not None else ""
