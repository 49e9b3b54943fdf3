"""Whether a meter value can be believed, row by row against what the meter told before (pure).

Rules: an instant with a zone, not ahead of the network by more than `AHEAD`; later than the last one; a
power between nothing and twice the EVSE's maximum; a session's energy that never falls, nor grows faster
than the EVSE can deliver; a power that fits the energy's growth; and a meter that moves while it draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Final

from readyby.exchange.adapter import EvseFacts
from readyby.exchange.verify import Reading

AHEAD: Final = timedelta(minutes=2)
BEHIND: Final = timedelta(minutes=30)
PLAUSIBLE_TIMES_MAX: Final = 2.0
ENERGY_MARGIN: Final = 1.25
ENERGY_SLACK_KWH: Final = 0.5
UNIT_FACTOR: Final = 200.0
DRAWS_KW: Final = 0.5
FROZEN_ROWS: Final = 3
FROZEN_KWH: Final = 0.15
ENERGY_STEP_KWH: Final = 1e-3

Found = tuple[str, str, str]
"""Kind, action and detail of a remark."""


@dataclass(slots=True)
class MeterWatch:
    """What the meter of one session told last. `moves`: its energy did grow."""

    session_id: str
    measured_at: datetime | None = None
    power_kw: float | None = None
    energy_kwh: float | None = None
    energy_at: datetime | None = None
    moves: bool = False
    still_since: datetime | None = None
    still_rows: int = 0


def judge_row(
    watch: MeterWatch, facts: EvseFacts, row: Sequence[object], until: datetime
) -> tuple[Reading | None, list[Found]]:
    """One row (instant, power, energy) read until an instant: a reading to believe, and what is odd."""
    found: list[Found] = []
    at, power_kw, energy_kwh = _instant(row[0]), _finite(row[1]), _finite(row[2])
    if at is None:
        return None, [("bad_time", "quarantined", "an instant without a zone, or none")]
    if at > until + AHEAD:
        return None, [("clock_skew", "quarantined", "its clock is ahead of the network's")]
    if at < until - BEHIND and (watch.measured_at is None or at < watch.measured_at):
        return None, [("clock_skew", "quarantined", "its clock is far behind, or it tells of long ago")]
    if watch.measured_at is not None and at <= watch.measured_at:
        return None, _told_before(watch, at, power_kw, energy_kwh)
    if power_kw is None or not 0 <= power_kw <= PLAUSIBLE_TIMES_MAX * facts.max_kw:
        return None, [("implausible_power", "quarantined", "a power that the EVSE cannot have")]
    found += _energy(watch, facts, at, power_kw, energy_kwh)
    is_believed = not any(kind in ("unit_mismatch", "frozen_meter") for kind, _, _ in found)
    watch.measured_at, watch.power_kw = at, power_kw
    if energy_kwh is not None:
        watch.energy_kwh, watch.energy_at = energy_kwh, at
    reading = Reading(evse_id=facts.evse_id, session_id=watch.session_id, measured_at=at, power_kw=power_kw)
    return reading if is_believed else None, found


def _told_before(
    watch: MeterWatch, at: datetime, power_kw: float | None, energy_kwh: float | None
) -> list[Found]:
    """An instant told already: older, the same again, or or by other means, which is fine."""
    if watch.measured_at is not None and at < watch.measured_at:
        return [("meter_order", "kept", "an instant before the last one")]
    if (power_kw, energy_kwh) == (watch.power_kw, watch.energy_kwh):
        return [("duplicate_meter", "kept", "told twice")]
    return []


def _energy(
    watch: MeterWatch, facts: EvseFacts, at: datetime, power_kw: float, energy_kwh: float | None
) -> list[Found]:
    if energy_kwh is None:
        return [("missing_energy", "kept", "no energy: the session's stays as it was")]
    if watch.energy_kwh is None or watch.energy_at is None:
        return _first_energy(facts, energy_kwh)
    grown_kwh = energy_kwh - watch.energy_kwh
    hours = (at - watch.energy_at) / timedelta(hours=1)
    if grown_kwh < -ENERGY_STEP_KWH:
        return [("meter_reset", "kept", "its energy fell: a new segment begins")]
    if grown_kwh > facts.max_kw * hours * ENERGY_MARGIN + ENERGY_SLACK_KWH:
        return [("implausible_energy", "quarantined", "its energy grew more than the EVSE can deliver")]
    mean_kw = grown_kwh / hours if hours > 0 else 0.0
    if mean_kw > DRAWS_KW and 0 < power_kw < mean_kw / UNIT_FACTOR:
        return [("unit_mismatch", "quarantined", "its power is a thousandth of what its energy grew by")]
    return _stillness(watch, at, power_kw, grown_kwh)


def _first_energy(facts: EvseFacts, energy_kwh: float) -> list[Found]:
    if energy_kwh > facts.max_kw * 24 * 7:
        return [("implausible_energy", "quarantined", "more than a week at full power: a lifetime register")]
    return []


def _stillness(watch: MeterWatch, at: datetime, power_kw: float, grown_kwh: float) -> list[Found]:
    """A meter whose energy did move, and stands while the same power would have moved it by some steps."""
    if grown_kwh >= ENERGY_STEP_KWH / 2:
        watch.moves = True
    still = (
        watch.moves
        and power_kw >= DRAWS_KW
        and grown_kwh < ENERGY_STEP_KWH / 2
        and power_kw == watch.power_kw
    )
    if not still:
        watch.still_since, watch.still_rows = None, 0
        return []
    watch.still_since = watch.still_since or watch.energy_at
    watch.still_rows += 1
    hours = (at - (watch.still_since or at)) / timedelta(hours=1)
    if watch.still_rows < FROZEN_ROWS or power_kw * hours < FROZEN_KWH:
        return []
    return [("frozen_meter", "quarantined", "it draws, and its energy stands still")]


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


def _instant(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
