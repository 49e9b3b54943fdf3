"""Where the value of each setting comes from, as `readyby config show` tells it."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from readyby.secrets_file import secrets_path
from readyby.settings import DEFAULT_TOML, TOML_VARIABLE, Settings

MASK = "********"
_MADE_HERE = {"exchange_token", "vendor_key", "twilio_auth_token", "pepper", "cookie_secret"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    name: str
    value: str
    source: str
    description: str


def explain_settings(settings: Settings) -> list[SettingRow]:
    """One row a setting, in the order of the class; secrets are masked."""
    in_file = _names_in_file()
    return [
        SettingRow(
            name=name,
            value=_shown(settings, name),
            source=_source(settings, name, in_file),
            description=field.description or "",
        )
        for name, field in type(settings).model_fields.items()
    ]


def unknown_variables() -> list[str]:
    """READYBY_* variables of the environment that no setting reads."""
    known = {
        TOML_VARIABLE,
        "READYBY_DEMO_MARK",
        *(f"READYBY_{name.upper()}" for name in Settings.model_fields),
    }
    return sorted(name for name in os.environ if name.startswith("READYBY_") and name not in known)


def _shown(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    if isinstance(value, SecretStr):
        is_there = value.get_secret_value() or (name in _MADE_HERE and secrets_path(settings).exists())
        return MASK if is_there else ""
    return "" if value is None else str(value)


def _source(settings: Settings, name: str, in_file: set[str]) -> str:
    variable = f"READYBY_{name.upper()}"
    if variable in os.environ or variable.lower() in os.environ:
        return f"environment {variable}"
    if name in in_file:
        return os.environ.get(TOML_VARIABLE, DEFAULT_TOML)
    if name in _MADE_HERE and not getattr(settings, name).get_secret_value():
        return "state file" if secrets_path(settings).exists() else "state file (made at first start)"
    return "default"


def _names_in_file() -> set[str]:
    path = Path(os.environ.get(TOML_VARIABLE, DEFAULT_TOML))
    return set(tomllib.loads(path.read_text())) if path.exists() else set()
