"""Where the solver ended, told by what its columns and rows stand for: where the next plan may begin.

After one changed request nearly the same rows bind and the same cells are full. A start is a guess: it
changes how soon the optimum is found, and which of several it is, never how good it is. It is kept with the
plan that it comes from, so the same situation after the same plan is planned the same, bit for bit.
"""

import base64
import json
import math
import zlib
from dataclasses import dataclass

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.limits import SlotLimits
from readyby.planning.pieces import PARTS
from readyby.planning.program import NOBODY, Kind, Program
from readyby.planning.rows import Key, taper_segments
from readyby.planning.solver import AT_LOWER, AT_UPPER, BASIC, Basis

_KINDS = {int(kind): (kind.name, kind.is_of_session) for kind in Kind}
Place = tuple[str, str, int, int]
"""What a row or column stands for: its kind, whom it is about, slot (counted since the epoch), segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A basis. `pieces` holds a status for each session, slot from `first` on, and piece of a cell.

    `columns` are the others that are not at their lower bound; `tight` the rows that bind, all but needs.
    """

    sessions: tuple[str, ...]
    first: int
    pieces: bytes
    columns: tuple[tuple[Place, int], ...]
    tight: tuple[Place, ...]

    def text(self) -> str:
        """As one line, to be kept with a plan."""
        return _line([self.sessions, self.first, self.pieces.decode("latin-1"), self.columns, self.tight])


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreStart:
    """Of the core problem: energy per slot, and what a kWh more of limit and peaks would have saved there.

    Slots of `slot_h` hours, from number `first` on; `peaks_usd_per_kwh` has a row for each demand charge,
    `leaving_kwh` is what those are given in all who leave with the end of a slot.
    """

    first: int
    slot_h: tuple[float, ...]
    load_kwh: tuple[float, ...]
    leaving_kwh: tuple[float, ...]
    limit_usd_per_kwh: tuple[float, ...]
    peaks_usd_per_kwh: tuple[tuple[float, ...], ...]

    def text(self) -> str:
        """As one line, to be kept with a plan."""
        rows = [self.slot_h, self.load_kwh, self.leaving_kwh, self.limit_usd_per_kwh, *self.peaks_usd_per_kwh]
        return _line([self.first, rows])


AnyStart = Start | CoreStart


def _line(said: list[object]) -> str:
    packed = zlib.compress(json.dumps(said, separators=(",", ":")).encode())
    return base64.b64encode(packed).decode("ascii")


def read_start(text: str) -> AnyStart | None:
    """A start from its line; None if it is none, since a plan can be found without."""
    try:
        said = json.loads(zlib.decompress(base64.b64decode(text)))
        if len(said) == 2:
            return _core_start(*said)
        sessions, first, pieces, columns, tight = said
        start = Start(
            sessions=tuple(map(str, sessions)),
            first=int(first),
            pieces=pieces.encode("latin-1"),
            columns=tuple((_place(place), int(status)) for place, status in columns),
            tight=tuple(map(_place, tight)),
        )
    except (ValueError, TypeError, AttributeError, zlib.error):
        return None
    statuses = {*start.pieces, *(status for _, status in start.columns)}
    whole = bool(start.sessions) and len(start.pieces) % (len(start.sessions) * PARTS) == 0
    return start if whole and statuses <= {AT_LOWER, BASIC, AT_UPPER} else None


def _core_start(first: object, told: list[list[float]]) -> CoreStart | None:
    rows = [tuple(map(float, row)) for row in told]
    slot_h, load, leaving, limit, *peaks = rows
    if {len(row) for row in rows} != {len(slot_h)} or not all(math.isfinite(v) for row in rows for v in row):
        return None
    return CoreStart(
        first=int(str(first)),
        slot_h=slot_h,
        load_kwh=load,
        leaving_kwh=leaving,
        limit_usd_per_kwh=limit,
        peaks_usd_per_kwh=tuple(peaks),
    )


def _place(said: list[object]) -> Place:
    kind, who, slot, segment = said
    return str(kind), str(who), int(str(slot)), int(str(segment))


def leave_off(grid: Grid, program: Program, keys: dict[Key, int], basis: Basis) -> Start:
    """The start that a basis makes, with the rows added for `keys`."""
    pieces = program.pieces
    statuses = np.zeros((grid.n, grid.steps, PARTS), dtype=np.uint8)
    statuses[pieces.session, pieces.slot, pieces.part] = basis.columns[: len(pieces.cell)]
    others = basis.columns[len(pieces.cell) :]
    moved = np.flatnonzero(others != AT_LOWER)
    base = basis.rows[program.sessions : program.sessions + len(program.rows_about)]
    added = [key for key, row in keys.items() if basis.rows[program.sessions + row] != BASIC]
    return Start(
        sessions=tuple(stay.session_id for stay in grid.stays),
        first=first_slot(grid),
        pieces=statuses.tobytes(),
        columns=tuple(
            (_told(grid, about), int(status))
            for about, status in zip(
                program.columns_about[moved].tolist(), others[moved].tolist(), strict=True
            )
        ),
        tight=(
            *(_told(grid, about) for about in program.rows_about[base != BASIC].tolist()),
            *(_told_key(grid, key) for key in added),
        ),
    )


def keys_of(start: Start, grid: Grid, limits: SlotLimits) -> list[Key]:
    """The rows that bound the last plan and are still there, to be laid from the beginning."""
    tight = set(start.tight)
    stays = {stay.session_id: index for index, stay in enumerate(grid.stays)}
    found: list[Key] = []
    for kind, who, slot, segment in tight:
        at = slot - first_slot(grid)
        if kind == "taper" and who in stays:
            index = stays[who]
            cells = slice(int(grid.cells_of[index]), int(grid.cells_of[index + 1]))
            place = at - int(grid.cell_slot[cells][0]) if cells.stop > cells.start else -1
            within = 0 <= place < cells.stop - cells.start
            if within and segment < len(taper_segments(grid.stays[index].taper)):
                found.append(Key(kind, index, place, segment))
        elif kind in ("circuit", "ramp") and 0 <= at < grid.steps:
            which = int(who)
            ramped = kind == "ramp" and grid.situation.ramp_kw is not None
            if ramped or (kind == "circuit" and 0 < which < len(limits.names)):
                found.append(Key(kind, which, at, segment))
    return sorted(found)


def basis_of(start: Start, grid: Grid, program: Program, keys: list[Key]) -> Basis:
    """The start as a basis of another program, to which the rows of `keys` were added."""
    pieces = program.pieces
    before = np.frombuffer(start.pieces, dtype=np.uint8).reshape(len(start.sessions), -1, PARTS)
    known = {name: index for index, name in enumerate(start.sessions)}
    rows = np.array([known.get(stay.session_id, -1) for stay in grid.stays], dtype=np.int64)
    who, slot = rows[pieces.session], pieces.slot + (first_slot(grid) - start.first)
    there = (who >= 0) & (slot >= 0) & (slot < before.shape[1])
    columns = np.full(program.columns, AT_LOWER, dtype=np.int64)
    count = len(pieces.cell)
    columns[np.flatnonzero(there)] = before[who[there], slot[there], pieces.part[there]]
    moved = dict(start.columns)
    if moved:
        columns[count:] = [
            moved.get(_told(grid, about), AT_LOWER) for about in program.columns_about.tolist()
        ]
    tight = set(start.tight)
    told = [
        *(_told(grid, about) in tight for about in program.rows_about.tolist()),
        *(_told_key(grid, key) in tight for key in keys),
    ]
    needs = np.full(program.sessions, AT_UPPER)
    return Basis(columns=columns, rows=np.concatenate([needs, np.where(told, AT_UPPER, BASIC)]))


def first_slot(grid: Grid) -> int:
    """The number of the grid's first slot, counted since the epoch."""
    return int(grid.edges[0] // grid.situation.step.total_seconds())


def _told(grid: Grid, about: list[int]) -> Place:
    number, who, slot = about
    kind, is_of_session = _KINDS[number]
    name = grid.stays[who].session_id if who != NOBODY and is_of_session else str(who)
    return kind, name, slot if slot == NOBODY else first_slot(grid) + slot, 0


def _told_key(grid: Grid, key: Key) -> Place:
    if key.kind != "taper":
        return key.kind, str(key.which), first_slot(grid) + key.slot, key.segment
    slot = int(grid.cell_slot[grid.cells_of[key.which] + key.slot])
    return key.kind, grid.stays[key.which].session_id, first_slot(grid) + slot, key.segment
