"""What the circuits of a site carry in truth: kW, or the amperes of the line that carries most."""

import numpy as np
import numpy.typing as npt

from readyby.circuits import Leaf, balanced_a, line_vectors, paths_of, reserved_below
from readyby.model import Site

Array = npt.NDArray[np.float64]


class CircuitLoads:
    """The circuits of a site over its EVSEs, in their order; with exact currents, not the safe rows."""

    def __init__(self, site: Site) -> None:
        paths = paths_of(site.circuits)
        leaves = [Leaf(name=e.evse_id, circuit=e.circuit, connection=e.connection) for e in site.evses]
        self._lines = np.array(line_vectors(leaves, site.voltage_v))
        self._below = {
            each.name: np.array([each.name in paths.get(evse.circuit, ()) for evse in site.evses])
            for each in site.circuits
        }
        self._steady_kw = {each.name: reserved_below(each, site.circuits, paths) for each in site.circuits}
        self._balanced_a = balanced_a(site.voltage_v)
        self._by_line = {each.name for each in site.circuits if each.limit_a is not None}

    def of(self, power_kw: Array) -> dict[str, float]:
        """The load of each circuit by the power of each EVSE, with the steady load on it."""
        return {name: self._load(name, below, power_kw) for name, below in self._below.items()}

    def _load(self, name: str, below: npt.NDArray[np.bool_], power_kw: Array) -> float:
        steady_kw = self._steady_kw[name]
        if name not in self._by_line:
            return float(power_kw[below].sum()) + steady_kw
        currents = self._lines[:, below] @ power_kw[below] + steady_kw * self._balanced_a
        return float(abs(currents).max())
