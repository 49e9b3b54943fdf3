"""Meter values of a page, judged in columns (I-25), without any contact with the store.

A row is one EVSE and instant. Of several for the same, the one with the larger energy (then power, then
session id) stands, whatever the order of arrival (I-24).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from readyby.store.ingest.columns import instants, numbers, texts
from readyby.store.ingest.page import COLUMNS
from readyby.store.ingest.quarantine import BadRecord

MAX_POWER_KW = 1000.0
AHEAD = timedelta(minutes=10)
ENERGY_LIMIT_KWH = 100_000.0

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Sound rows without repetition in order of time, those repeated with other values, and the bad ones."""

    rows: pa.Table
    conflicts: pa.Table
    repeated: int
    bad: list[BadRecord]


def judge(columns: Mapping[str, Sequence[Any]], max_kw: Mapping[str, float], latest: datetime) -> Judged:
    """Split the rows of a page; `max_kw` names the EVSEs known, `latest` the last instant believed."""
    table = pa.table(
        {
            "session_id": texts(columns["session_id"]),
            "evse_id": texts(columns["evse_id"]),
            "measured_at": instants(columns["measured_at"]),
            "power_kw": numbers(columns["power_kw"]),
            "energy_kwh": numbers(columns["energy_kwh"]),
        }
    )
    reasons = _reasons(table, max_kw, latest)
    bad = [
        BadRecord(
            kind="meter_value",
            reason=reasons[row],
            record={name: columns[name][row] for name in COLUMNS},
        )
        for row in sorted(reasons)
    ]
    if reasons:
        keep = np.ones(table.num_rows, dtype=bool)
        keep[list(reasons)] = False
        table = table.filter(pa.array(keep))
    rows, conflicts, repeated = _without_repetition(table)
    return Judged(rows=rows, conflicts=conflicts, repeated=repeated, bad=bad)


def _reasons(table: pa.Table, max_kw: Mapping[str, float], latest: datetime) -> dict[int, str]:
    """Why rows are bad, by row; the first fault of each."""
    power = _floats(table["power_kw"])
    energy = _floats(table["energy_kwh"])
    ceiling = _ceilings(table["evse_id"], max_kw)
    measured_at = table["measured_at"]
    late = pc.fill_null(pc.greater(measured_at, pa.scalar(latest, measured_at.type)), False)
    faults: list[tuple[Mask, str]] = [
        (_missing(table["session_id"]), "session_id is no text"),
        (_missing(table["evse_id"]), "evse_id is no text"),
        (np.isnan(ceiling), "evse_id names no known EVSE"),
        (_missing(measured_at), "measured_at is no instant with a zone"),
        (_mask(late), "measured_at lies more than 10 minutes in the future"),
        (np.isnan(power), "power_kw is no finite number"),
        (power < 0, "power_kw is negative"),
        (power > ceiling, "power_kw is beyond twice what the EVSE can deliver"),
        (np.isnan(energy), "energy_kwh is no finite number"),
        (energy < 0, "energy_kwh is negative"),
        (energy > ENERGY_LIMIT_KWH, "energy_kwh is beyond what any session takes"),
    ]
    reasons: dict[int, str] = {}
    for mask, reason in faults:
        for row in np.flatnonzero(mask):
            reasons.setdefault(int(row), reason)
    return reasons


def _ceilings(evse_ids: pa.ChunkedArray, max_kw: Mapping[str, float]) -> npt.NDArray[np.float64]:
    """The most that each row's EVSE may plausibly draw; NaN for an unknown EVSE."""
    coded = evse_ids.combine_chunks().dictionary_encode()
    known = [min(2 * max_kw[evse], MAX_POWER_KW) if evse in max_kw else np.nan
             for evse in coded.dictionary.to_pylist()]  # fmt: skip
    codes = coded.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)
    by_code = np.array([*known, np.nan], dtype=np.float64)
    ceilings: npt.NDArray[np.float64] = by_code[codes]
    return ceilings


def _without_repetition(table: pa.Table) -> tuple[pa.Table, pa.Table, int]:
    """One row an EVSE and instant, in order of time; rows that came with several values; how many fell."""
    if table.num_rows == 0:
        return table, table, 0
    code, at = codes(table["evse_id"]), microseconds(table["measured_at"])
    order = np.lexsort((code, at))
    same = (np.diff(at[order]) == 0) & (np.diff(code[order]) == 0)
    if not same.any():
        return table.take(pa.array(order)), table.slice(0, 0), 0
    by_worth = np.lexsort(
        (codes(table["session_id"], ranked=True), _floats(table["power_kw"]),
         _floats(table["energy_kwh"]), code, at)
    )  # fmt: skip
    same = (np.diff(at[by_worth]) == 0) & (np.diff(code[by_worth]) == 0)
    last_of_key = np.append(~same, True)
    ordered = table.take(pa.array(by_worth))
    differs = same & _neighbors_differ(ordered)
    kept = ordered.filter(pa.array(last_of_key))
    conflicts = ordered.filter(pa.array(np.append(differs, False)))
    return kept, conflicts, int(same.sum())


def _neighbors_differ(table: pa.Table) -> Mask:
    differs = np.zeros(table.num_rows - 1, dtype=bool)
    for values in (
        _floats(table["power_kw"]), _floats(table["energy_kwh"]), codes(table["session_id"])
    ):  # fmt: skip
        differs |= np.diff(values) != 0
    return differs


def codes(column: pa.ChunkedArray, *, ranked: bool = False) -> npt.NDArray[np.int64]:
    """Texts as numbers that are equal where the texts are, and in their order where `ranked`."""
    coded = column.combine_chunks().dictionary_encode()
    numbered: npt.NDArray[np.int64] = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    if not ranked:
        return numbered
    ranks = np.argsort(np.argsort(np.array(coded.dictionary.to_pylist(), dtype=object)))
    by_rank: npt.NDArray[np.int64] = ranks[numbered].astype(np.int64)
    return by_rank


def microseconds(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Instants as microseconds since the epoch."""
    counted: npt.NDArray[np.int64] = column.cast(pa.int64()).to_numpy()
    return counted


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = column.fill_null(float("nan")).to_numpy()
    return values


def _missing(column: pa.ChunkedArray) -> Mask:
    return _mask(pc.is_null(column))


def _mask(column: Any) -> Mask:
    mask: Mask = column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy()
    return mask
