"""What a look found, in words that say what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import httpx

from readyby.errors import ReadyByError
from readyby.settings import Settings


class Health(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one look found; `remedy` is empty only where all is well."""

    check: str
    health: Health
    detail: str
    remedy: str = ""


Check = Callable[[Settings], Finding]


def ok(check: str, detail: str) -> Finding:
    return Finding(check=check, health=Health.OK, detail=detail)


def warn(check: str, detail: str, remedy: str) -> Finding:
    return Finding(check=check, health=Health.WARN, detail=detail, remedy=remedy)


def fail(check: str, detail: str, remedy: str) -> Finding:
    return Finding(check=check, health=Health.FAIL, detail=detail, remedy=remedy)


def look(name: str, check: Check, settings: Settings) -> Finding:
    """One check; what it trips over is a finding too."""
    try:
        return check(settings)
    except (ReadyByError, OSError, ValueError, KeyError, httpx.HTTPError) as error:
        return fail(
            name,
            str(error) or repr(error),
            "put right what the detail names, then run `readyby doctor` again",
        )
