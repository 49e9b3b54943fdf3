"""What the demo's report is made of: the world's own ledger, the store's word, and what Prefect shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from readyby.model import Circuit
from readyby.store.api import RequestTiming


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """What one car really did, as the simulated network saw it with its own eyes.

    `uncontrolled_kwh` is what its twin took that charged at full power from arrival; `appetite_kwh` all
    that it would ever take. `welcomes` are messages that reached a phone about this car's session, and
    `welcomed_machine_ms` the first of them.
    """

    session_id: str
    plugged_in_machine_ms: int | None
    left_at: datetime | None
    energy_kwh: float
    uncontrolled_kwh: float
    appetite_kwh: float
    welcomes: int = 0
    welcomed_machine_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """The site's mean power in the minute from `at` on, and that of the uncontrolled twins."""

    at: datetime
    power_kw: float
    uncontrolled_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The ledger that no process of the product can read; peaks of circuits in the unit of their limit."""

    cars: tuple[Car, ...]
    minutes: tuple[Minute, ...]
    peak_kw: float
    uncontrolled_peak_kw: float
    circuit_peaks: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligible:
    """A session that was to be welcomed, as the store decided; its newest request, if the driver made one."""

    session_id: str
    welcomes: int
    departure_at: datetime | None = None
    energy_need_kwh: float | None = None
    asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the store holds, read in one moment."""

    sessions_seen: int
    eligible: tuple[Eligible, ...]
    requests: int
    plan_versions: tuple[int, ...]
    commands: Mapping[str, int]
    timings: tuple[RequestTiming, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A flow run of the Prefect server that an artifact ties to a plan version."""

    flow_run_id: str
    plan_version: int
    log_lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the report looks at; `speed_reached` in domain seconds per machine second."""

    world: World
    kept: Kept
    runs: tuple[Run, ...]
    limit_kw: float
    circuits: tuple[Circuit, ...]
    speed_asked: float
    speed_reached: float
