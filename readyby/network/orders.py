"""Orders to outlets: checked at the cloud's face, delivered some seconds later, in force under a lease."""

import heapq
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from readyby.envelope import us
from readyby.model import Evse
from readyby.network.faults import FaultDesk, FaultKind

MAX_POINTS = 1000
DELAY_S = (2.0, 20.0)
FOREVER_US = 2**62
SLACK_KW = 1e-6
UNSAID = "unsaid"
LATE_US = (240_000_000, 300_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A power sequence for one charge, in kW by start; none means: withdraw what is in force."""

    order_id: str
    rank: tuple[int, int]
    outlet: str
    charge: str
    until_us: int
    starts_us: tuple[int, ...]
    limits_kw: tuple[float, ...]

    def in_force(self, at_us: int) -> tuple[float | None, int]:
        """The limit at an instant (None: the standing cap), and when it next changes."""
        if not self.starts_us:
            return None, FOREVER_US
        if at_us >= self.until_us:
            return None, FOREVER_US
        index = max(0, sum(start <= at_us for start in self.starts_us) - 1)
        later = self.starts_us[index + 1] if index + 1 < len(self.starts_us) else FOREVER_US
        return self.limits_kw[index], min(later, self.until_us)


@dataclass(slots=True, kw_only=True)
class Obedience:
    """What became of the orders to one outlet; `ignoring_from_us` when it stopped to obey."""

    received: int = 0
    applied: int = 0
    ignored: int = 0
    ignoring_from_us: int | None = None


class OrderDesk:
    """Takes orders, refuses what cannot be, and hands over what is due at the outlets."""

    def __init__(self, evses: Sequence[Evse], seed: str, faults: FaultDesk | None = None) -> None:
        self._faults = faults or FaultDesk()
        self._late: list[tuple[int, str]] = []
        self._kw_per_a = {str(evse.evse_id): evse.voltage_v * evse.phases / 1000 for evse in evses}
        self._evses = {str(evse.evse_id): evse for evse in evses}
        self._chance = random.Random(seed)
        self._due: list[tuple[int, str, Order]] = []
        self._seen: dict[str, Order] = {}
        self._highest: dict[str, tuple[int, int]] = {}
        self.held: dict[str, Order] = {}
        self.obedience = {outlet: Obedience() for outlet in self._evses}

    def take(self, told: Mapping[str, Any], charging: Mapping[str, str], now_us: int) -> dict[str, str]:
        """The cloud's answer to one order: taken, or refused and why. A known order is taken again."""
        name = str(told.get("order"))
        try:
            order = self._read(told)
        except (KeyError, TypeError, ValueError) as error:
            return {"order": name, "result": "refused", "why": f"not understood: {error}"}
        if order.order_id in self._seen:
            return {"order": name, "result": "taken", "why": ""}
        if charging.get(order.outlet) != order.charge:
            return {"order": name, "result": "gone", "why": f"charge {order.charge} is not at the outlet"}
        if (spoilt := self._spoilt(order, now_us)) is not None:
            return spoilt
        why = self._objection(order, now_us)
        if why:
            return {"order": name, "result": "refused", "why": why}
        self._seen[name] = order
        self._highest[order.charge] = order.rank
        self.obedience[order.outlet].received += 1
        delay_us = int(self._chance.uniform(*DELAY_S) * 1e6)
        heapq.heappush(self._due, (now_us + delay_us, name, order))
        return {"order": name, "result": "taken", "why": ""}

    def _spoilt(self, order: Order, now_us: int) -> dict[str, str] | None:
        """The answer that a fault gives in place of the desk's."""
        if self._faults.strikes(FaultKind.REFUSED, order.outlet, now_us, order.order_id):
            return {"order": order.order_id, "result": "refused", "why": "the station says no"}
        takes_no_zero = 0.0 in order.limits_kw
        if takes_no_zero and self._faults.strikes(
            FaultKind.ZERO_REFUSED, order.outlet, now_us, order.order_id
        ):
            return {"order": order.order_id, "result": "refused", "why": "this station takes no 0"}
        return None

    def _is_told(self, order: Order, now_us: int) -> bool:
        """Whether the result of an order is told now; not at all, or later and twice, by a fault."""
        if self._faults.strikes(FaultKind.NO_RESULT, order.outlet, now_us, order.order_id):
            return False
        if self._faults.strikes(FaultKind.LATE_RESULT, order.outlet, now_us, order.order_id):
            self._late += [(now_us + late_us, order.order_id) for late_us in LATE_US]
            return False
        return True

    def late_words(self, now_us: int) -> list[str]:
        """Orders whose result is told now."""
        due = [name for at_us, name in self._late if at_us <= now_us]
        self._late = [each for each in self._late if each[0] > now_us]
        return due

    def _read(self, told: Mapping[str, Any]) -> Order:
        outlet = str(told["outlet"])
        if outlet not in self._evses:
            raise ValueError(f"no outlet {outlet}")
        points = [(_us(at), float(amps)) for at, amps in told["amps"]]
        until = told["until"]
        first, second = told["rank"]
        return Order(
            order_id=str(told["order"]),
            rank=(int(first), int(second)),
            outlet=outlet,
            charge=str(told["charge"]),
            until_us=_us(until) if until is not None else FOREVER_US,
            starts_us=tuple(at for at, _ in points),
            limits_kw=tuple(amps * self._kw_per_a[outlet] for _, amps in points),
        )

    def _objection(self, order: Order, now_us: int) -> str:
        """Why the cloud refuses an order; empty where it does not."""
        if not self._evses[order.outlet].controlled:
            return "the outlet takes no orders"
        if order.rank < self._highest.get(order.charge, (0, 0)):
            return "an order of higher rank was taken"
        if order.starts_us and order.until_us == FOREVER_US:
            return "a sequence needs an end"
        if order.starts_us and order.until_us <= now_us:
            return "its lease has ended"
        return self._misfit(order)

    def _misfit(self, order: Order) -> str:
        """Why an outlet cannot be told such a sequence; empty where it can."""
        evse, kw_per_a = self._evses[order.outlet], self._kw_per_a[order.outlet]
        if len(order.starts_us) > MAX_POINTS:
            return f"at most {MAX_POINTS} points"
        if any(later <= earlier for earlier, later in pairwise(order.starts_us)):
            return "each point must be later than the one before"
        for limit_kw in order.limits_kw:
            if limit_kw != 0 and not evse.min_kw - SLACK_KW <= limit_kw <= evse.max_kw + SLACK_KW:
                return f"amperes must be 0, or {evse.min_kw / kw_per_a:g} to {evse.max_kw / kw_per_a:g}"
            steps = limit_kw / kw_per_a * 10
            if abs(steps - round(steps)) > 1e-6:
                return "amperes go in steps of 0.1"
        return ""

    def deliver(self, charging: Mapping[str, str], now_us: int) -> list[tuple[Order, str]]:
        """Orders that reach their outlets by now, each with what becomes of it."""
        reached = []
        while self._due and self._due[0][0] <= now_us:
            _, _, order = heapq.heappop(self._due)
            held = self.held.get(order.outlet)
            if charging.get(order.outlet) != order.charge:
                reached.append((order, "gone"))
            elif held is None or order.rank >= held.rank:
                self.held[order.outlet] = order
                self._count(order, now_us)
                reached.append((order, "applied" if self._is_told(order, now_us) else UNSAID))
        return reached

    def _count(self, order: Order, now_us: int) -> None:
        counted = self.obedience[order.outlet]
        counted.applied += 1
        if counted.ignoring_from_us is not None and counted.ignoring_from_us <= now_us:
            counted.ignored += 1

    def end_charge(self, outlet: str, charge: str) -> None:
        """Orders end with their charge."""
        self.held.pop(outlet, None)
        self._highest.pop(charge, None)
        self._seen = {name: order for name, order in self._seen.items() if order.charge != charge}

    def active(self, outlet: str, now_us: int) -> str | None:
        """The order in force at an outlet; what is on its way is not."""
        order = self.held.get(outlet)
        return order.order_id if order and (not order.starts_us or now_us < order.until_us) else None

    def kept(self) -> dict[str, Any]:
        """For a snapshot."""
        return {
            "due": [(at, name, asdict(order)) for at, name, order in self._due],
            "seen": [asdict(order) for order in self._seen.values()],
            "highest": self._highest,
            "held": [asdict(order) for order in self.held.values()],
            "obedience": {outlet: asdict(counted) for outlet, counted in self.obedience.items()},
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Go on from a snapshot."""
        self._due = [(at, name, _order(told)) for at, name, told in kept["due"]]
        heapq.heapify(self._due)
        self._seen = {told["order_id"]: _order(told) for told in kept["seen"]}
        self._highest = {charge: tuple(rank) for charge, rank in kept["highest"].items()}
        self.held = {told["outlet"]: _order(told) for told in kept["held"]}
        self.obedience = {outlet: Obedience(**counted) for outlet, counted in kept["obedience"].items()}


def _us(told: object) -> int:
    at = datetime.fromisoformat(str(told))
    if at.tzinfo is None:
        raise ValueError(f"{told} has no time zone")
    return us(at)


def _order(told: Mapping[str, Any]) -> Order:
    return Order(
        **{
            **told,
            "rank": tuple(told["rank"]),
            "starts_us": tuple(told["starts_us"]),
            "limits_kw": tuple(told["limits_kw"]),
        }
    )
