"""Faults of real charging networks, made on purpose: what, where, when and how often; and a ledger of each.

Whether a fault strikes is a pure function of the seed, the fault, the EVSE and the key that its place gives
(the instant of a sample, the name of an order), so that a run is repeated by its seed. The ledger says what
was really injected; it belongs to the outside, and no process of the product can read it.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from readyby.envelope import instant, us
from readyby.errors import BadInput


class FaultKind(StrEnum):
    """The faults by name; NUMBERS says which of the reference list each is."""

    DUPLICATE_SESSION = "duplicate_session"
    SESSION_ORDER = "session_order"
    LATE_START = "late_start"
    MISSING_STOP = "missing_stop"
    UNKNOWN_STOP = "unknown_stop"
    METER_ORDER = "meter_order"
    METER_GAP = "meter_gap"
    METER_FROZEN = "meter_frozen"
    METER_RESET = "meter_reset"
    LIFETIME_REGISTER = "lifetime_register"
    WRONG_UNIT = "wrong_unit"
    NO_ENERGY = "no_energy"
    NO_RESULT = "no_result"
    LATE_RESULT = "late_result"
    REFUSED = "refused"
    NOT_FOLLOWED = "not_followed"
    ZERO_REFUSED = "zero_refused"
    LOCAL_LIMIT = "local_limit"
    BUSY = "busy"
    BROKEN_ANSWER = "broken_answer"
    CLOCK_SKEW = "clock_skew"
    ENDLESS_PAGES = "endless_pages"
    CREDENTIALS = "credentials"
    FORGETS = "forgets"
    TOKEN_TROUBLE = "token_trouble"  # noqa: S105 - a fault's name
    PHASE_SURPRISE = "phase_surprise"


NUMBERS: Mapping[FaultKind, int] = {
    kind: number
    for number, kind in (
        (number if number <= 7 else number - 1, kind) for number, kind in enumerate(FaultKind, start=1)
    )
}
"""A gap and a frozen meter are the same entry of the list of 25."""

NETWORK_WIDE = frozenset(
    {FaultKind.BUSY, FaultKind.BROKEN_ANSWER, FaultKind.ENDLESS_PAGES, FaultKind.CREDENTIALS}
)
"""Faults of the account, not of an EVSE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault over [start, end) at these EVSEs (none named: all), striking with a probability."""

    kind: FaultKind
    start_us: int
    end_us: int
    evse_ids: frozenset[str] = frozenset()
    probability: float = 1.0

    def covers(self, evse_id: str | None, at_us: int) -> bool:
        here = evse_id is None or not self.evse_ids or evse_id in self.evse_ids
        return here and self.start_us <= at_us < self.end_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One strike; no EVSE: the whole network's."""

    kind: str
    number: int
    evse_id: str | None
    at: str
    detail: str = ""


@dataclass(slots=True)
class FaultDesk:
    """Says whether a fault strikes, and writes down each that did."""

    faults: Sequence[Fault] = ()
    seed: int = 0
    ledger: list[Injection] = field(default_factory=list)
    _once: set[tuple[FaultKind, str | None, object]] = field(default_factory=set)

    def strikes(
        self, kind: FaultKind, evse_id: str | None, at_us: int, key: object = None, detail: str = ""
    ) -> bool:
        """Whether a fault strikes here and now; the same key strikes, and is written down, the same way."""
        fault = self.active(kind, evse_id, at_us)
        key = at_us if key is None else key
        if fault is None or self.chance(kind, evse_id, key) >= fault.probability:
            return False
        if (kind, evse_id, key) not in self._once:
            self._once.add((kind, evse_id, key))
            at = instant(at_us).isoformat()
            self.ledger.append(
                Injection(kind=kind.value, number=NUMBERS[kind], evse_id=evse_id, at=at, detail=detail)
            )
        return True

    def active(self, kind: FaultKind, evse_id: str | None, at_us: int) -> Fault | None:
        """The fault that covers an EVSE now, whether or not it strikes."""
        return next((each for each in self.faults if each.kind is kind and each.covers(evse_id, at_us)), None)

    def chance(self, kind: FaultKind, evse_id: str | None, key: object) -> float:
        """A number in [0, 1) that the seed alone decides."""
        text = f"{self.seed}/{kind}/{evse_id}/{key}".encode()
        return int.from_bytes(blake2b(text, digest_size=7).digest()) / 2**56

    def told(self) -> list[dict[str, Any]]:
        """The ledger as JSON."""
        return [asdict(each) for each in self.ledger]


class _FileModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _FaultEntry(_FileModel):
    kind: FaultKind
    evses: list[str] = []
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    from_min: Annotated[float, Field(ge=0)] = 0.0
    until_min: Annotated[float, Field(gt=0)]


class _FaultFile(_FileModel):
    seed: int = 0
    fault: list[_FaultEntry] = []


def read_faults(path: Path, start_at: datetime) -> FaultDesk:
    """The faults of a TOML file; minutes count from `start_at`.

    Raises:
        BadInput: it cannot be read, or a field is wrong; names the first one.
    """
    try:
        file = _FaultFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput("faults", str(path), f"give a TOML file of faults: {error}") from None
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise BadInput(where, fault["input"], fault["msg"]) from None
    return FaultDesk([_fault(entry, start_at) for entry in file.fault], file.seed)


def _fault(entry: _FaultEntry, start_at: datetime) -> Fault:
    return Fault(
        kind=entry.kind,
        start_us=us(start_at + timedelta(minutes=entry.from_min)),
        end_us=us(start_at + timedelta(minutes=entry.until_min)),
        evse_ids=frozenset(entry.evses),
        probability=entry.probability,
    )
