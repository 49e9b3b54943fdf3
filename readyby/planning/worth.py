"""How good an executable plan is: what it misses and costs beside the ideal one."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from readyby.planning.grid import Grid
from readyby.planning.limits import SlotLimits
from readyby.planning.money import objective_usd
from readyby.planning.optimize import Ideal
from readyby.planning.pilots import Pilot
from readyby.planning.types import Flags, Floats

SMALL_KWH = 0.02
KEPT_WORTH = 0.01
"""What keeping to the last plan may cost, as a share of the objective."""
KEPT_SHORT = 0.02
"""Where not all can be served: what keeping to it may leave undelivered beyond that, as a share."""
QUICK_KWH = 0.5
"""What a quick plan may miss of a session's share."""
QUICK_PEAK = 1.005
"""Load that a quick plan may set in the running slot, as a share of the ideal plan's or of its peak: a
careful plan follows with the next slot."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Work:
    """What an executable plan is made from, and how one is judged against the ideal plan."""

    grid: Grid
    limits: SlotLimits
    ideal: Ideal
    pilots: list[Pilot]

    @cached_property
    def tapered(self) -> Flags:
        """The sessions whose power a battery's taper bends."""
        return np.array([bool(stay.taper) for stay in self.grid.stays], dtype=bool)

    @cached_property
    def stepped(self) -> Flags:
        """The sessions whose EVSE knows steps only."""
        return np.array([bool(pilot.levels) for pilot in self.pilots], dtype=bool)

    @cached_property
    def target_kwh(self) -> Floats:
        """What each session has in the ideal plan."""
        return np.asarray(np.maximum(0.0, self.grid.need_kwh - self.ideal.shortfall_kwh))

    @cached_property
    def least_kwh(self) -> Floats:
        """What each session is to have at least."""
        return np.asarray(np.maximum(0.0, self.grid.need_kwh - self.ideal.may_miss_kwh))

    def worth(self, power_kw: Floats) -> tuple[float, float]:
        """What a plan misses more than the ideal one, in all or of a fair share, and its objective."""
        short = np.maximum(0.0, self.grid.need_kwh - self.grid.delivered_kwh(power_kw))
        more = max(0.0, float(short.sum() - self.ideal.shortfall_kwh.sum()))
        unfair = float(np.maximum(0.0, short - self.ideal.may_miss_kwh).sum())
        return max(more, unfair), objective_usd(self.grid, power_kw)

    def rank(self, power_kw: Floats) -> tuple[bool, float]:
        """The less, the better a plan: by what it misses, then by what it costs."""
        missing, cost = self.worth(power_kw)
        return missing > SMALL_KWH, missing if missing > SMALL_KWH else cost

    def is_as_good(self, power_kw: Floats, fresh_kw: Floats) -> bool:
        """Whether a plan misses and costs little more than one made afresh."""
        (missing, cost), (least, least_usd) = self.worth(power_kw), self.worth(fresh_kw)
        return missing <= least + SMALL_KWH and cost <= least_usd + 2 * KEPT_WORTH * max(1.0, abs(least_usd))

    def is_good(self, power_kw: Floats, *, worth: float, short: float) -> bool:
        """Whether a plan costs at most that share more than the ideal one, and misses at most that share."""
        missing, cost = self.worth(power_kw)
        dearer = cost - self.ideal.objective_usd
        few = missing <= SMALL_KWH + (short * float(self.target_kwh.sum()) if self.ideal.scarce else 0.0)
        return few and dearer <= worth * max(1.0, abs(self.ideal.objective_usd))

    def does_for_now(self, power_kw: Floats, ceiling_kw: Floats) -> bool:
        """Whether nobody misses much by a plan, and it sets no peak until a careful plan follows."""
        short = np.maximum(0.0, self.grid.need_kwh - self.grid.delivered_kwh(power_kw))
        more = float(short.sum() - self.ideal.shortfall_kwh.sum())
        few = more <= QUICK_KWH + KEPT_SHORT * float(self.target_kwh.sum())
        fair = bool(np.all(short <= self.ideal.may_miss_kwh + QUICK_KWH))
        flat = self.grid.load_kw(power_kw)[:1] <= self.may_now_kw(ceiling_kw) + 1e-6
        return few and fair and bool(np.all(flat))

    def may_now_kw(self, ceiling_kw: Floats) -> Floats:
        """Load that a plan may set in the running slot until a careful one follows."""
        return np.asarray(np.maximum(ceiling_kw, self.grid.load_kw(self.ideal.power_kw))[:1] * QUICK_PEAK)
