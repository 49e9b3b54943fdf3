"""The site's circuits as rows over the planned sessions, with what EVSEs outside the plan take."""

from dataclasses import dataclass

import numpy as np

from readyby.circuits import Leaf, lay_rows, line_vectors
from readyby.planning.grid import Grid
from readyby.planning.types import Floats

SITE = "site.limit"


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """Rows `weights @ power <= limit`: names, weights (rows x sessions), limits, and other load on them.

    `beside` counts the EVSEs outside the plan that have a part in a row, `surge` is the most that one of them
    may add to it.
    """

    names: tuple[str, ...]
    weights: Floats
    limit: Floats
    reserved: Floats
    beside: Floats
    surge: Floats


def lay_network(grid: Grid) -> Network:
    """The rows of all circuits below the site's own limit.

    Raises:
        BadInput: a circuit or connection that is not known, or circuits in a circle.
    """
    asked = grid.situation
    rows = lay_rows(asked.circuits, _leaves(grid), asked.voltage_v)
    leaves = [
        Leaf(name=f"bystanders.{index}", circuit=each.circuit, connection=each.connection)
        for index, each in enumerate(asked.bystanders)
    ]
    outside = lay_rows(asked.circuits, leaves, asked.voltage_v).weights
    power = np.array([each.power_kw for each in asked.bystanders])
    surge = np.array([each.surge_kw for each in asked.bystanders])
    return Network(
        names=rows.names,
        weights=rows.weights,
        limit=rows.limit,
        reserved=rows.reserved + outside @ power,
        beside=(outside > 0).sum(axis=1).astype(np.float64),
        surge=(outside * surge).max(axis=1, initial=0.0),
    )


def line_currents_a(grid: Grid, powers_kw: Floats) -> Floats:
    """Exact line currents (A) for powers of the sessions: what the rows approximate."""
    vectors = line_vectors(_leaves(grid), grid.situation.voltage_v)
    return np.array([abs(np.sum(each * powers_kw)) for each in vectors])


def _leaves(grid: Grid) -> list[Leaf]:
    return [
        Leaf(name=f"sessions.{stay.session_id}", circuit=stay.circuit, connection=stay.connection)
        for stay in grid.stays
    ]
