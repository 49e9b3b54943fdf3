"""Personal links: a random key opens one session; only its hash is ever stored (I-28).

The key travels once, in the text message; the first visit moves it into a cookie named after the
session's public reference, and every page behind it lives at a URL without the key (D6).
"""

import hashlib
import re
import secrets
import string
from collections.abc import Callable

from readyby.model import SessionRef

KEY_LETTERS = 22
"""Of 62 letters: 130.99 bits."""

_ALPHABET = string.ascii_letters + string.digits
_KEY = re.compile(rf"[A-Za-z0-9]{{{KEY_LETTERS}}}")
_REF = re.compile(r"[A-Za-z0-9_-]{8,64}")


def new_key(choose: Callable[[str], str] = secrets.choice) -> str:
    """A fresh key of more than 128 random bits.

    Letters and digits only: phones cut other signs off the end of a link, and break lines at them.
    """
    return "".join(choose(_ALPHABET) for _ in range(KEY_LETTERS))


def key_hash(key: str) -> str:
    """What the store may know of a key: its SHA-256, in hex."""
    return hashlib.sha256(key.encode()).hexdigest()


def is_key(text: str) -> bool:
    """Whether a text has the form of a key; says nothing about what it opens."""
    return _KEY.fullmatch(text) is not None


def is_session_ref(text: str) -> bool:
    """Whether a text has the form of a session's public reference, safe in cookie names and paths."""
    return _REF.fullmatch(text) is not None


def link(public_url: str, key: str) -> str:
    """The address that goes into a text message."""
    return f"{public_url.rstrip('/')}/c/{key}"


def page_path(session_ref: SessionRef) -> str:
    """Where the driver's page of a session lives."""
    return f"/s/{session_ref}"


def cookie_name(session_ref: SessionRef) -> str:
    """The cookie that carries the key: one a session, so that two cars on one phone stay apart."""
    return f"rb_{session_ref}"
