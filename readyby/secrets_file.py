"""Secrets that an installation makes for itself at its first start, kept in `state_dir/secrets.json` (0600).

A secret given by the settings wins over the file. Whoever loses the file loses the match between stored
token hashes and tokens: back it up with the database.
"""

import json
import os
import secrets
import stat
from dataclasses import dataclass, fields
from pathlib import Path

from readyby.errors import Misconfigured
from readyby.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Each as text; `pepper` keys the hashes of tokens, `cookie_secret` signs the driver app's cookies."""

    pepper: str
    exchange_token: str
    vendor_key: str
    sms_auth_token: str
    cookie_secret: str

    def __repr__(self) -> str:
        return "Secrets(***)"

    @property
    def pepper_bytes(self) -> bytes:
        return self.pepper.encode()


def secrets_path(settings: Settings) -> Path:
    return settings.state_dir / "secrets.json"


def read_secrets(settings: Settings) -> Secrets:
    """The secrets in force; makes the file at the first call of an installation.

    Safe when several processes call it at once: one file wins, all read that one.

    Raises:
        Misconfigured: the file is not readable as secrets, or others may read it.
    """
    path = secrets_path(settings)
    if not path.exists():
        _make(path)
    stored = _load(path)
    return Secrets(**{**stored, **set_secrets(settings)})


def secret(settings: Settings, name: str) -> str:
    """One secret in force by its name in `Secrets`.

    Raises:
        Misconfigured: as read_secrets.
    """
    value = getattr(read_secrets(settings), name)
    assert isinstance(value, str)
    return value


def set_secrets(settings: Settings) -> dict[str, str]:
    """Those secrets that the settings give, by name."""
    given = {
        "pepper": settings.pepper,
        "exchange_token": settings.exchange_token,
        "vendor_key": settings.vendor_key,
        "sms_auth_token": settings.twilio_auth_token,
        "cookie_secret": settings.cookie_secret,
    }
    return {name: value.get_secret_value() for name, value in given.items() if value.get_secret_value()}


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {field.name: secrets.token_urlsafe(32) for field in fields(Secrets)}
    draft = path.with_name(f".secrets.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(content, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its file is the one
    finally:
        draft.unlink()


def _load(path: Path) -> dict[str, str]:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Misconfigured(f"{path}: others may read the secrets; run: chmod 600 {path}")
    names = {field.name for field in fields(Secrets)}
    try:
        stored = json.loads(path.read_text())
        found = {name: stored[name] for name in names}
    except (ValueError, KeyError, TypeError) as error:
        raise Misconfigured(
            f"{path}: not a secrets file ({error!r}); restore it from a backup, or remove it to start anew "
            "(stored token hashes then no longer match)"
        ) from error
    if not all(isinstance(value, str) and value for value in found.values()):
        raise Misconfigured(f"{path}: each secret must be a text that is not empty; restore it from a backup")
    return found
