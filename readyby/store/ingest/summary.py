"""What a run of new readings adds to a session's summary, in columns: no contact with the store.

The summary holds the last reading, the most energy seen, and the most that the car drew while its
setpoint allowed more: two readings in a row prove that, and readings near zero prove nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from readyby.interval import EPOCH
from readyby.store.ingest.meter import codes, microseconds
from readyby.store.work import INSTANT, Row

SLOT_US = 15 * 60 * 1_000_000
STEADY_KW = 0.3
"""Readings that differ by no more are of a car that goes on as it was."""
FREE_MARGIN_KW = 0.3
LEARN_FROM_KW = 0.5

MICROSECOND = timedelta(microseconds=1)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Steps = tuple[Ints, Ints, Floats]
"""Where each step of a sequence starts and ends in microseconds, and its limit in kW."""
HeldSteps = Mapping[str, Sequence[Steps]]
"""By EVSE: the sequence that it holds first, then those of newer plans, which it may hold already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Rows to join to the store's: one a session, one a session and slot, one a fall of energy."""

    sessions: list[Row]
    slots: pa.Table
    backwards: pa.Table


def summarize(rows: pa.Table, known: Mapping[str, Row], held: HeldSteps) -> Summary:
    """Readings later than what is `known` of their sessions; energy may only grow within a session."""
    session = codes(rows["session_id"])
    at = microseconds(rows["measured_at"])
    order = np.lexsort((codes(rows["evse_id"], ranked=True), at, session))
    rows = rows.take(pa.array(order))
    session, at = session[order], at[order]
    starts = np.flatnonzero(np.append(True, np.diff(session) != 0))
    ends = np.append(starts[1:], len(session))
    power, energy = rows["power_kw"].to_numpy(), rows["energy_kwh"].to_numpy()
    ids, evses = rows["session_id"].take(pa.array(starts)).to_pylist(), rows["evse_id"].take(pa.array(starts))
    sessions, falls = [], []
    for n, evse_id in enumerate(evses.to_pylist()):
        part = slice(starts[n], ends[n])
        before = known.get(ids[n])
        highest = np.maximum.accumulate(
            np.append(before["max_energy_kwh"] if before else -np.inf, energy[part])
        )
        falls.append(energy[part] < highest[:-1])
        free_since, learned = _learn(at[part], power[part], before, held.get(evse_id))
        sessions.append(
            {
                "session_id": ids[n],
                "last_at": int(at[ends[n] - 1]),
                "last_power_kw": float(power[ends[n] - 1]),
                "last_energy_kwh": float(energy[ends[n] - 1]),
                "max_energy_kwh": float(highest[-1]),
                "free_since": free_since,
                "learned_max_kw": learned,
            }
        )
    fallen = rows.filter(pa.array(np.concatenate(falls))) if falls else rows.slice(0, 0)
    return Summary(
        sessions=sessions,
        slots=_slots(rows, session, at),
        backwards=fallen.select(["evse_id", "measured_at"]),
    )


def _learn(
    at: Ints, power: Floats, before: Row | None, held: Sequence[Steps] | None
) -> tuple[int | None, float | None]:
    """Since when the car takes less than it may, and the most drawn while two in a row could be more.

    A car that draws next to nothing may be full, or wait by itself: it could have more, and teaches nothing.
    A newer plan may be in force at the EVSE before its receipt is here: it must have allowed more too, or
    a car that was just told to draw less would be taken for one that cannot draw more.
    """
    learned: float | None = before["learned_max_kw"] if before else None
    previous = before["last_power_kw"] if before else 0.0
    free_before = before["free_since"] if before else None
    more = np.zeros(len(at), dtype=bool)
    if held:
        more = _allowed_kw(held[0], at, 0.0) > power + FREE_MARGIN_KW
        for coming in held[1:]:
            more &= _allowed_kw(coming, at, np.inf) > power + FREE_MARGIN_KW
    free = more & (power > LEARN_FROM_KW)
    pairs = free & np.append(free_before is not None and previous > LEARN_FROM_KW, free[:-1])
    if learned is not None:
        learned = max(learned, float(power.max()))
    elif pairs.any():
        first = int(np.argmax(pairs))
        learned = max(float(power[first - 1] if first else previous), float(power[first:].max()))
    return _free_since(at, power, more, previous, free_before), learned


def _free_since(
    at: Ints, power: Floats, more: Flags, previous_kw: float, before: datetime | None
) -> int | None:
    """The first of the last readings in a row that could be more and are about alike, in microseconds."""
    if not more[-1]:
        return None
    goes_on = np.abs(np.diff(power, prepend=previous_kw)) <= STEADY_KW
    goes_on[0] &= before is not None
    goes_on[1:] &= more[:-1]
    begins = np.flatnonzero(~goes_on)
    if len(begins) == 0 and before is not None:
        return (before - EPOCH) // MICROSECOND
    return int(at[begins[-1]])


def _allowed_kw(steps: Steps, at: Ints, outside_kw: float) -> Floats:
    """What a sequence allows at each instant; `outside_kw` before it starts and after it ends."""
    starts, ends, limits = steps
    step = np.searchsorted(starts, at, side="right") - 1
    inside = (step >= 0) & (at < ends[step])
    return np.where(inside, limits[step], outside_kw)


def _slots(rows: pa.Table, session: Ints, at: Ints) -> pa.Table:
    """Readings and their sum by session, EVSE and slot; a car may have changed the EVSE within a slot."""
    evse, slot = codes(rows["evse_id"]), at // SLOT_US
    order = np.lexsort((slot, evse, session))
    rows, session, evse, slot = rows.take(pa.array(order)), session[order], evse[order], slot[order]
    new = np.append(True, (np.diff(session) != 0) | (np.diff(evse) != 0) | (np.diff(slot) != 0))
    starts = np.flatnonzero(new)
    return pa.table(
        {
            "session_id": rows["session_id"].take(pa.array(starts)),
            "evse_id": rows["evse_id"].take(pa.array(starts)),
            "slot_at": pa.array(slot[starts] * SLOT_US).cast(INSTANT),
            "readings": pa.array(np.diff(np.append(starts, len(session))), pa.int64()),
            "power_sum_kw": np.add.reduceat(rows["power_kw"].to_numpy(), starts),
        }
    )
