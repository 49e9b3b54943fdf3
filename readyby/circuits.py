"""The tree of circuits below a site's limit as linear rows that are safe: one rule for plan and exchange.

Each row bounds a weighted sum of powers. A circuit in kW is one row of ones over what hangs beneath it. A
three-phase circuit in amperes bounds each line's current. At power factor one a load between two lines draws
`P / V_LL` at +30 degrees of one line's voltage and -30 of the other's; one from line to neutral
`P sqrt(3) / V_LL` at 0; a three-phase one `P / (sqrt(3) V_LL)` at 0 in each. So a line's current lies within
+-30 degrees, and the disc |I| <= limit is replaced from inside by chords between directions 10 degrees apart:
`|I| cos(angle to the nearest normal) <= limit cos(5 deg)` implies it, and at most 1 - cos(5 deg) = 0.38 % of
the limit is lost. All weights are >= 0: less power never breaks a row. Pure.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from readyby.errors import BadInput
from readyby.model import CONNECTIONS, Circuit, Evse, EvseId, Site
from readyby.outlook import TimedLimit

NORMALS_DEG = tuple(range(-30, 31, 10))
LINES = "ABC"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What hangs on a circuit by some lines; `name` is what errors call it."""

    name: str
    circuit: str
    connection: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Rows `weights @ power + reserved <= limit`, weights as rows x leaves; `circuits` names each row's.

    Limit and reserved are in kW, or, in rows of a line, in amperes.
    """

    names: tuple[str, ...]
    circuits: tuple[str, ...]
    weights: Floats
    limit: Floats
    reserved: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an EVSE hangs."""

    evse_id: EvseId
    circuit: str
    connection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A site's circuits and the EVSEs that hang on them; those that are not named hang on the site itself.

    `limits` bound what all of them draw together, by time.
    """

    circuits: tuple[Circuit, ...] = ()
    places: tuple[Place, ...] = ()
    voltage_v: float = 208.0
    limits: tuple[TimedLimit, ...] = ()

    def rows(self) -> Rows:
        """The rows of all circuits over the places. Raises BadInput."""
        leaves = [
            Leaf(name=f"evse.{p.evse_id}", circuit=p.circuit, connection=p.connection) for p in self.places
        ]
        return lay_rows(self.circuits, leaves, self.voltage_v)


NO_TREE = Tree()


def tree_of(site: Site, limits: Sequence[TimedLimit] = ()) -> Tree:
    """The circuits of a site with its EVSEs, and what bounds all together; a site may have neither."""
    if not site.circuits:
        return Tree(limits=tuple(limits)) if limits else NO_TREE
    return Tree(
        circuits=site.circuits,
        places=tuple(
            Place(evse_id=evse.evse_id, circuit=evse.circuit, connection=evse.connection)
            for evse in site.evses
            if evse.circuit
        ),
        voltage_v=site.voltage_v,
        limits=tuple(limits),
    )


def unclaimed_circuits(site: Site) -> tuple[str, ...]:
    """The circuits whose limit standing caps and steady load beneath exceed by themselves (I-1)."""
    tree, caps = tree_of(site), {evse.evse_id: evse.standing_cap_kw for evse in site.evses}
    rows = tree.rows()
    over = (
        rows.weights @ np.array([caps[place.evse_id] for place in tree.places]) + rows.reserved > rows.limit
    )
    return tuple(dict.fromkeys(name for name, is_over in zip(rows.circuits, over, strict=True) if is_over))


def load_of(site: Site, name: str, value_of: Callable[[Evse], float]) -> float:
    """The sum of something over the EVSEs beneath a circuit."""
    above = paths_of(site.circuits)
    return sum(value_of(evse) for evse in site.evses if name in above.get(evse.circuit, ()))


def lay_rows(circuits: Sequence[Circuit], leaves: Sequence[Leaf], voltage_v: float) -> Rows:
    """The rows of all circuits below the site's own limit; `voltage_v` is line to line.

    Raises:
        BadInput: a circuit or connection that is not known, or circuits in a circle.
    """
    paths = paths_of(circuits)
    for leaf in leaves:
        if leaf.circuit and leaf.circuit not in paths:
            raise BadInput(f"{leaf.name}.circuit", leaf.circuit, "name a circuit of the site")
    rows = [
        (circuit, name, weights, limit, balanced)
        for circuit in sorted(circuits, key=lambda circuit: circuit.name)
        for name, weights, limit, balanced in _rows_of(circuit, leaves, paths, voltage_v)
    ]
    below = {each.name: reserved_below(each, circuits, paths) for each in circuits}
    return Rows(
        names=tuple(name for _, name, *_ in rows),
        circuits=tuple(circuit.name for circuit, *_ in rows),
        weights=np.array([weights for _, _, weights, _, _ in rows]).reshape(len(rows), len(leaves)),
        limit=np.array([limit for *_, limit, _ in rows], dtype=np.float64),
        reserved=np.array([below[each.name] * balanced for each, *_, balanced in rows], dtype=np.float64),
    )


def _rows_of(
    circuit: Circuit, leaves: Sequence[Leaf], paths: Mapping[str, Sequence[str]], voltage_v: float
) -> Iterator[tuple[str, Floats, float, float]]:
    """Name, weights, limit, and what a kW of balanced load takes, of each row of one circuit."""
    below = np.array([circuit.name in paths.get(leaf.circuit, ()) for leaf in leaves], dtype=np.float64)
    if circuit.limit_kw is not None:
        yield f"circuit.{circuit.name}", below, circuit.limit_kw, 1.0
    if circuit.limit_a is not None:
        for line, vectors in zip(LINES, line_vectors(leaves, voltage_v), strict=True):
            for degrees in NORMALS_DEG:
                yield (
                    f"circuit.{circuit.name}.{line}",
                    below * _along(vectors, degrees),
                    circuit.limit_a * math.cos(math.radians(5)),
                    balanced_a(voltage_v) * math.cos(math.radians(degrees)),
                )


def reserved_below(
    circuit: Circuit, circuits: Sequence[Circuit], paths: Mapping[str, Sequence[str]]
) -> float:
    """The steady load, in kW, of a circuit and of all beneath it."""
    return sum(other.reserved_kw for other in circuits if circuit.name in paths[other.name])


def paths_of(circuits: Sequence[Circuit]) -> dict[str, tuple[str, ...]]:
    """For each circuit itself and all above it.

    Raises:
        BadInput: a parent that is not known, or circuits in a circle.
    """
    parents = {circuit.name: circuit.parent for circuit in circuits}
    paths: dict[str, tuple[str, ...]] = {}
    for start in parents:
        path = [start]
        while name := parents[path[-1]]:
            if name not in parents:
                raise BadInput(f"circuits.{path[-1]}.parent", name, "name another circuit, or none")
            if name in path:
                raise BadInput(f"circuits.{path[-1]}.parent", name, "circuits cannot form a circle")
            path.append(name)
        paths[start] = tuple(path)
    return paths


def balanced_a(voltage_v: float) -> float:
    """The amperes in each line that a kW takes which is spread evenly over all three."""
    return 1000 / (math.sqrt(3) * voltage_v)


def line_vectors(leaves: Sequence[Leaf], voltage_v: float) -> list[npt.NDArray[np.complex128]]:
    """For each line, amperes per kW of every leaf as a complex number, along the line's voltage.

    Raises:
        BadInput: a connection that is not known.
    """
    lines = [np.zeros(len(leaves), dtype=complex) for _ in LINES]
    for index, leaf in enumerate(leaves):
        for line, vector in _vectors(leaf, voltage_v):
            lines[line][index] = vector
    return lines


def _vectors(leaf: Leaf, volts: float) -> list[tuple[int, complex]]:
    wires = leaf.connection
    lean = complex(math.cos(math.radians(30)), math.sin(math.radians(30))) * 1000 / volts
    if wires in ("AB", "BC", "CA"):
        return [(LINES.index(wires[0]), lean), (LINES.index(wires[1]), lean.conjugate())]
    if wires in tuple(LINES):
        return [(LINES.index(wires), complex(1000 * math.sqrt(3) / volts))]
    if wires in ("ABC", ""):
        return [(line, complex(balanced_a(volts))) for line in range(3)]
    raise BadInput(f"{leaf.name}.connection", wires, f"use one of {', '.join(CONNECTIONS)}")


def _along(vectors: npt.NDArray[np.complex128], degrees: float) -> Floats:
    turn = complex(math.cos(math.radians(degrees)), -math.sin(math.radians(degrees)))
    return np.maximum(0.0, np.real(vectors * turn))
