"""OCPI objects as frozen values: what ReadyBy needs of them, checked field by field (pure).

Unknown fields are ignored. What is wrong raises BadMessage with the field's name and never its value.
Identifiers are CiStrings, kept as they came; `key` compares them without case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Final

from readyby.exchange.ocpi.settings import Dialect
from readyby.exchange.ocpi.wire import BadMessage, instant

STATUSES: Final = frozenset({"ACTIVE", "COMPLETED", "INVALID", "PENDING", "RESERVATION", "RESERVED"})
FINAL: Final = frozenset({"COMPLETED", "INVALID"})
MAX_ID: Final = 64
"""OCPI says 36; peers send longer ones, which do no harm."""
MAX_PERIODS: Final = 20_000
EARLIEST: Final = timedelta(hours=1)
PHASES: Final[Mapping[str, int]] = {
    "AC_1_PHASE": 1,
    "AC_2_PHASE": 2,
    "AC_2_PHASE_SPLIT": 2,
    "AC_3_PHASE": 3,
    "DC": 1,
}

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A measured period: volumes by dimension, in kW, kWh and A."""

    start_at: datetime
    volumes: tuple[tuple[str, float], ...]

    def volume(self, dimension: str) -> float | None:
        return dict(self.volumes).get(dimension)


@dataclass(frozen=True, slots=True, kw_only=True)
class OcpiSession:
    """A session as its CPO tells it. `token_uid` is personal: it goes into the feed and nowhere else."""

    country_code: str
    party_id: str
    id: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    energy_kwh: float
    token_uid: str | None
    location_id: str
    evse_uid: str
    last_updated: datetime
    periods: tuple[Period, ...]
    faults: tuple[tuple[str, object], ...] = ()
    """Charging periods that cannot be read, each with the reason: the session goes on without them."""

    def __repr__(self) -> str:
        return f"OcpiSession({self.country_code}*{self.party_id}*{self.id}, {self.status})"

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class OcpiEvse:
    """An EVSE with the strongest of its connectors; `max_kw` as declared."""

    location_id: str
    uid: str
    evse_id: str | None
    physical_reference: str | None
    is_removed: bool
    is_capable: bool
    is_dc: bool
    phases: int
    voltage_v: float
    max_a: float
    max_kw: float


def key(country_code: str, party_id: str, object_id: str) -> str:
    """One object's name over all its cases."""
    return f"{country_code}*{party_id}*{object_id}".casefold()


def fields_of(value: object, what: str) -> Fields:
    """An object.

    Raises:
        BadMessage: it is none.
    """
    if not isinstance(value, dict):
        raise BadMessage(f"{what}: no object")
    return value


def text(fields: Fields, name: str, most: int = MAX_ID) -> str:
    """A required, non-empty string."""
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most or not value.isprintable():
        raise BadMessage(f"{name}: missing, or no text of 1 to {most} printable characters")
    return value


def optional_text(fields: Fields, name: str, most: int = MAX_ID) -> str | None:
    return None if fields.get(name) in (None, "") else text(fields, name, most)


def number(fields: Fields, name: str) -> float:
    """A required, finite number."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise BadMessage(f"{name}: missing, or no finite number")
    return float(value)


def items(fields: Fields, name: str) -> list[object]:
    """A list that may be absent."""
    value = fields.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_PERIODS:
        raise BadMessage(f"{name}: no list of at most {MAX_PERIODS}")
    return value


def parse_session(value: object, dialect: Dialect) -> OcpiSession:
    """A session, complete.

    Raises:
        BadMessage: a required field is missing, or wrong.
    """
    fields = {**dialect.session_defaults, **fields_of(value, "session")}
    status = text(fields, "status")
    if status not in STATUSES:
        raise BadMessage("status: not one of OCPI's session states")
    ended = fields.get("end_date_time")
    started_at = instant(fields.get("start_date_time"), "start_date_time")
    periods, faults = parse_periods(fields, dialect, started_at)
    return OcpiSession(
        country_code=text(fields, "country_code", 2),
        party_id=text(fields, "party_id", 3),
        id=text(fields, "id"),
        status=status,
        started_at=started_at,
        ended_at=None if ended is None else instant(ended, "end_date_time"),
        energy_kwh=number(fields, dialect.kwh_field),
        token_uid=_token_uid(fields.get("cdr_token")),
        location_id=text(fields, "location_id"),
        evse_uid=text(fields, "evse_uid"),
        last_updated=instant(fields.get("last_updated"), "last_updated"),
        periods=periods,
        faults=faults,
    )


def _token_uid(value: object) -> str | None:
    """Whose session it is; a session without a token is nobody's, and charges as usual."""
    uid = value.get("uid") if isinstance(value, dict) else None
    return uid if isinstance(uid, str) and uid.strip() and len(uid) <= MAX_ID else None


def parse_periods(
    fields: Fields, dialect: Dialect, started_at: datetime
) -> tuple[tuple[Period, ...], tuple[tuple[str, object], ...]]:
    """The measured periods in order, and those that cannot be read with the reason."""
    periods, faults = [], []
    for each in items(fields, "charging_periods"):
        try:
            periods.append(_period(each, dialect, started_at - EARLIEST))
        except BadMessage as error:
            faults.append((str(error), each))
    return tuple(sorted(periods, key=lambda period: period.start_at)), tuple(faults)


def _period(value: object, dialect: Dialect, not_before: datetime) -> Period:
    fields = fields_of(value, "charging_periods")
    volumes: dict[str, float] = {}
    for each in items(fields, "dimensions"):
        dimension = fields_of(each, "dimensions")
        name = text(dimension, "type")
        volumes[name] = number(dimension, "volume") * _scale(name, dialect)
    start_at = instant(fields.get("start_date_time"), "charging_periods.start_date_time")
    if start_at < not_before:
        raise BadMessage("charging_periods.start_date_time: before the session")
    return Period(start_at=start_at, volumes=tuple(sorted(volumes.items())))


def _scale(dimension: str, dialect: Dialect) -> float:
    if dimension.startswith("ENERGY") and dialect.energy_unit == "Wh":
        return 0.001
    return 0.001 if dimension.endswith("POWER") and dialect.power_unit == "W" else 1.0


def parse_evses(location: object) -> tuple[list[OcpiEvse], list[str]]:
    """The EVSEs of a location that can be read, and why others cannot.

    Raises:
        BadMessage: the location itself cannot be read.
    """
    fields = fields_of(location, "location")
    location_id = text(fields, "id")
    found, faults = [], []
    for each in items(fields, "evses"):
        try:
            found.append(parse_evse(each, location_id))
        except BadMessage as error:
            faults.append(f"evses: {error}")
    return found, faults


def parse_evse(value: object, location_id: str) -> OcpiEvse:
    """An EVSE, by its strongest connector.

    Raises:
        BadMessage: it has no uid, or no connector that can be read.
    """
    fields = fields_of(value, "evse")
    connectors = [_connector(fields_of(each, "connectors")) for each in items(fields, "connectors")]
    if not connectors:
        raise BadMessage("connectors: none")
    max_kw, is_dc, phases, voltage_v, max_a = max(connectors)
    return OcpiEvse(
        location_id=location_id,
        uid=text(fields, "uid"),
        evse_id=optional_text(fields, "evse_id"),
        physical_reference=optional_text(fields, "physical_reference"),
        is_removed=fields.get("status") == "REMOVED",
        is_capable="CHARGING_PROFILE_CAPABLE" in items(fields, "capabilities"),
        is_dc=is_dc,
        phases=phases,
        voltage_v=voltage_v,
        max_a=max_a,
        max_kw=max_kw,
    )


def _connector(fields: Fields) -> tuple[float, bool, int, float, float]:
    """Power in kW, whether DC, phases, volts, amperes. Volts of AC are line to neutral."""
    kind = text(fields, "power_type")
    if kind not in PHASES:
        raise BadMessage("power_type: not one of OCPI's")
    voltage_v, max_a = number(fields, "max_voltage"), number(fields, "max_amperage")
    if not (0 < voltage_v <= 2_000 and 0 < max_a <= 5_000):
        raise BadMessage("max_voltage, max_amperage: not those of a connector")
    power_w = voltage_v * max_a * PHASES[kind]
    if fields.get("max_electric_power") is not None:
        most_w = number(fields, "max_electric_power")
        power_w = min(power_w, most_w) if most_w > 0 else power_w
    return power_w / 1000, kind == "DC", PHASES[kind], voltage_v, max_a


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdr:
    """What a charge detail record says of a session's end."""

    country_code: str
    party_id: str
    id: str
    session_id: str | None
    ended_at: datetime
    energy_kwh: float


def parse_cdr(value: object) -> Cdr:
    """A charge detail record.

    Raises:
        BadMessage: a required field is missing, or wrong.
    """
    fields = fields_of(value, "cdr")
    return Cdr(
        country_code=text(fields, "country_code", 2),
        party_id=text(fields, "party_id", 3),
        id=text(fields, "id"),
        session_id=optional_text(fields, "session_id"),
        ended_at=instant(fields.get("end_date_time"), "end_date_time"),
        energy_kwh=number(fields, "total_energy"),
    )


def is_other(old: OcpiSession, new: OcpiSession) -> bool:
    """Whether a session changed in more than its energy and periods."""

    def kernel(session: OcpiSession) -> tuple[object, ...]:
        place = (session.location_id, session.evse_uid)
        return session.status, session.started_at, session.ended_at, session.token_uid, place

    return kernel(old) != kernel(new)


def is_recent(at: datetime, now: datetime, within: timedelta) -> bool:
    """Whether an instant is not longer ago than that."""
    return now - at <= within
