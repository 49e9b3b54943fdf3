"""The cars of a site and what they draw, all EVSEs at once: arrays of one value an EVSE.

Two worlds share the cars: the real one under the limits in force, and its uncontrolled twin, where the
same cars may draw the nameplate from arrival on, without standing caps. Row 0 is real, row 1 the twin.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from readyby.model import Evse
from readyby.network.visits import LAST_POWER_SHARE, Visit

Array = npt.NDArray[np.float64]
REAL, TWIN = 0, 1
MIN_SLACK_KW = 1e-6


class Fleet:
    """Cars plugged in now. Powers in kW, energies in kWh, one column an EVSE in the site's order."""

    def __init__(self, evses: Sequence[Evse]) -> None:
        size = len(evses)
        self.max_kw = np.array([evse.max_kw for evse in evses])
        self.cap_kw = np.array([evse.standing_cap_kw for evse in evses])
        self.min_kw = np.array([evse.min_kw for evse in evses])
        self.limit_kw: Array = np.vstack([self.cap_kw, self.max_kw])
        self.plugged = np.zeros(size, dtype=bool)
        self.need_kwh = np.zeros(size)
        self.car_kw = np.zeros(size)
        self.efficiency = np.ones(size)
        self.fades_from_share = np.ones(size)
        self.energy_kwh = np.zeros((2, size))
        self.power_kw = np.zeros((2, size))
        self.peak_kw = np.zeros(size)

    def plug_in(self, column: int, visit: Visit) -> None:
        """A car arrives; nothing is in force for it."""
        self.plugged[column] = True
        self.need_kwh[column] = visit.energy_kwh
        self.car_kw[column] = min(visit.car_kw, self.max_kw[column])
        self.efficiency[column] = visit.efficiency
        self.fades_from_share[column] = visit.fades_from_share
        self.energy_kwh[:, column] = 0.0
        self.peak_kw[column] = 0.0
        self.limit_kw[REAL, column] = self.cap_kw[column]

    def unplug(self, column: int) -> None:
        """The car leaves."""
        self.plugged[column] = False
        self.need_kwh[column] = 0.0
        self.power_kw[:, column] = 0.0
        self.limit_kw[REAL, column] = self.cap_kw[column]

    def step(self, hours: float) -> None:
        """Draw for a while: less than offered, less as the battery fills, nothing when full."""
        left_kwh = np.maximum(self.need_kwh - self.energy_kwh, 0.0)
        share = self.energy_kwh / np.maximum(self.need_kwh, 1e-9)
        left_share = np.maximum(1 - self.fades_from_share, 1e-9)
        fading = np.clip((share - self.fades_from_share) / left_share, 0.0, 1.0)
        accepted_kw = self.car_kw * (1 - (1 - LAST_POWER_SHARE) * fading)
        offered_kw = np.where(
            self.limit_kw >= self.min_kw - MIN_SLACK_KW, self.limit_kw * self.efficiency, 0.0
        )
        power_kw = np.minimum(np.minimum(offered_kw, accepted_kw), left_kwh / hours)
        self.power_kw = np.where(self.plugged, power_kw, 0.0)
        self.energy_kwh += self.power_kw * hours
        self.peak_kw = np.maximum(self.peak_kw, self.power_kw[REAL])
