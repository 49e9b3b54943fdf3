"""The site's tree of circuits as linear rows that are safe: each bounds a weighted sum of EVSE powers.

A circuit in kW is one row of ones over the sessions beneath it. A three-phase circuit in amperes bounds
each line's current. At power factor one a session between two lines draws `P / V_LL` at +30 degrees of one
line's voltage and -30 of the other's; one from line to neutral `P sqrt(3) / V_LL` at 0; a three-phase one
`P / (sqrt(3) V_LL)` at 0 in each. So a line's current lies within +-30 degrees, and the disc |I| <= limit is
replaced from inside by chords between directions 10 degrees apart: `|I| cos(angle to the nearest normal) <=
limit cos(5 deg)` implies it, and at most 1 - cos(5 deg) = 0.38 % of the limit is lost. All weights are >= 0:
less power never breaks a row.
"""

import math
from dataclasses import dataclass

import numpy as np

from readyby.errors import BadInput
from readyby.planning.grid import Grid
from readyby.planning.situation import CONNECTIONS, Circuit, PlannedStay
from readyby.planning.types import Floats

NORMALS_DEG = tuple(range(-30, 31, 10))
LINES = "ABC"
SITE = "site.limit"


_NOWHERE: set[str] = set()


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """Rows `weights @ power <= limit`: names, weights (rows x sessions), limits, and other load on them."""

    names: tuple[str, ...]
    weights: Floats
    limit: Floats
    reserved: Floats


def lay_network(grid: Grid) -> Network:
    """The rows of all circuits below the site's own limit.

    Raises:
        BadInput: a circuit or connection that is not known, or circuits in a circle.
    """
    circuits = {circuit.name: circuit for circuit in grid.situation.circuits}
    paths = [_path(stay, circuits) if stay.circuit else _NOWHERE for stay in grid.stays]
    names: list[str] = []
    rows: list[Floats] = []
    limits: list[float] = []
    reserved: list[float] = []
    for circuit in sorted(circuits.values(), key=lambda c: c.name):
        below = np.array([circuit.name in path for path in paths], dtype=np.float64)
        if circuit.limit_kw is not None:
            names.append(f"circuit.{circuit.name}")
            rows.append(below)
            limits.append(circuit.limit_kw)
            reserved.append(circuit.reserved_kw)
        if circuit.limit_a is not None:
            per_kw = _currents(grid)
            for line, vectors in zip(LINES, per_kw, strict=True):
                for degrees in NORMALS_DEG:
                    names.append(f"circuit.{circuit.name}.{line}")
                    rows.append(below * _along(vectors, degrees))
                    limits.append(circuit.limit_a * math.cos(math.radians(5)))
                    balanced = 1000 / (math.sqrt(3) * grid.situation.voltage_v)
                    reserved.append(circuit.reserved_kw * balanced * math.cos(math.radians(degrees)))
    weights = np.array(rows).reshape(len(rows), grid.n)
    return Network(names=tuple(names), weights=weights, limit=np.array(limits), reserved=np.array(reserved))


def line_currents_a(grid: Grid, powers_kw: Floats) -> Floats:
    """Exact line currents (A) for powers of the sessions: what the rows approximate."""
    return np.array([abs(np.sum(vectors * powers_kw)) for vectors in _currents(grid)])


def _currents(grid: Grid) -> list[Floats]:
    """For each line, amperes per kW of every session as a complex number, along the line's voltage."""
    volts = grid.situation.voltage_v
    lines = [np.zeros(grid.n, dtype=complex) for _ in LINES]
    for index, stay in enumerate(grid.stays):
        for line, vector in _vectors(stay, volts):
            lines[line][index] = vector
    return lines


def _vectors(stay: PlannedStay, volts: float) -> list[tuple[int, complex]]:
    wires = stay.connection
    lean = complex(math.cos(math.radians(30)), math.sin(math.radians(30))) * 1000 / volts
    if wires in ("AB", "BC", "CA"):
        return [(LINES.index(wires[0]), lean), (LINES.index(wires[1]), lean.conjugate())]
    if wires in tuple(LINES):
        return [(LINES.index(wires), complex(1000 * math.sqrt(3) / volts))]
    if wires in ("ABC", ""):
        return [(line, complex(1000 / (math.sqrt(3) * volts))) for line in range(3)]
    raise BadInput(f"sessions.{stay.session_id}.connection", wires, f"use one of {', '.join(CONNECTIONS)}")


def _along(vectors: Floats, degrees: float) -> Floats:
    turn = complex(math.cos(math.radians(degrees)), -math.sin(math.radians(degrees)))
    return np.maximum(0.0, np.real(vectors * turn))


def _path(stay: PlannedStay, circuits: dict[str, Circuit]) -> set[str]:
    path: set[str] = set()
    name = stay.circuit
    while name:
        if name not in circuits:
            raise BadInput(f"sessions.{stay.session_id}.circuit", name, "name a circuit of the site")
        if name in path:
            raise BadInput(f"circuits.{name}.parent", circuits[name].parent, "circuits cannot form a circle")
        path.add(name)
        name = circuits[name].parent
    return path
