"""The credentials of one partner, in a file of their own (0600).

Token A opens the door once and dies with the handshake. Token B is what the partner shows us, token C what
we show the partner. While a handshake or a rotation is under way, the new B counts beside the old one: the
partner calls back with it before its own answer arrives.
"""

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Any

from readyby.errors import Misconfigured
from readyby.exchange.ocpi.http import Party
from readyby.exchange.ocpi.wire import presented_tokens, same_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What is agreed: `endpoints` by "identifier/ROLE", `parties` as (role, country, party)."""

    token_a: str = ""
    token_b: str = ""
    next_token_b: str = ""
    token_c: str = ""
    version: str = ""
    versions_url: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    parties: tuple[tuple[str, str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Credentials({'registered' if self.is_registered else 'not registered'}, ***)"

    @property
    def is_registered(self) -> bool:
        return bool(self.token_c and self.endpoints)


class CredentialFile:
    """The file, or memory where there is none. Threads share it.

    Raises:
        Misconfigured: the file cannot be read or written, or others may read it.
    """

    def __init__(self, path: Path | None) -> None:
        self._path, self._lock = path, RLock()
        self._value = Credentials()
        if path is not None and path.exists():
            self._value = _load(path)

    @property
    def value(self) -> Credentials:
        return self._value

    def change(self, **fields: Any) -> Credentials:
        """Keep changed credentials: on disk first, whole or not at all."""
        with self._lock:
            value = replace(self._value, **fields)
            if self._path is not None:
                _store(self._path, value)
            self._value = value
        return value

    def knows(self, authorization: str | None, *, for_handshake: bool = False) -> bool:
        """Whether a caller shows our token B; for the handshake's modules also token A."""
        value = self._value
        known = [value.token_b, value.next_token_b, *([value.token_a] if for_handshake else [])]
        shown = presented_tokens(authorization)
        hits = [
            hmac.compare_digest(one.encode(), other.encode()) for one in shown for other in known if other
        ]
        return any(hits)


def _load(path: Path) -> Credentials:
    try:
        if path.stat().st_mode & 0o077:
            raise Misconfigured(f"{path}: others may read it: chmod 600 {path}")
        fields = json.loads(path.read_text(encoding="utf-8"))
        parties = tuple(
            (str(role), str(country), str(party)) for role, country, party in fields.pop("parties")
        )
        return Credentials(**fields, parties=parties)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Misconfigured(
            f"{path}: no credentials: {type(error).__name__}: restore it, or register again"
        ) from None


def _store(path: Path, value: Credentials) -> None:
    draft = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(value), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise Misconfigured(f"{path}: {error}: make its folder writable") from None


def new_token() -> str:
    """A credentials token: 256 random bits, printable, within OCPI's 64 characters."""
    return secrets.token_urlsafe(32)


def counterpart(credentials: Credentials) -> Party | None:
    """The party that messages are addressed to: the CPO where there is one, else the first."""
    ranked = sorted(credentials.parties, key=lambda party: not same_text(party[0], "CPO"))
    return Party(country_code=ranked[0][1], party_id=ranked[0][2]) if ranked else None


def owns(credentials: Credentials, country_code: str, party_id: str) -> bool:
    """Whether objects of a party may come from this partner."""
    return any(
        same_text(country, country_code) and same_text(party, party_id)
        for _, country, party in credentials.parties
    )
