"""The network as a whole, stepping with domain time: cars come and go, orders arrive, meters tell.

Time moves in whole steps, of `STEP_S` domain seconds or of one sample, and never back; nothing here reads a
clock.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from readyby.envelope import instant, us
from readyby.model import Site
from readyby.network.changes import ChangeLog, Honest, Mischief
from readyby.network.faults import FaultDesk
from readyby.network.fleet import REAL, TWIN, Fleet
from readyby.network.loads import CircuitLoads
from readyby.network.orders import FOREVER_US, UNSAID, OrderDesk
from readyby.network.stations import FaultyStations
from readyby.network.telling import FaultyTelling
from readyby.network.truth import CarRecord, Truth
from readyby.network.visits import Visit

STEP_S = 10
STEP_US = STEP_S * 1_000_000
CHARGE_TOLD_EVERY_US = 15 * 60 * 1_000_000


class Network:
    """A site's EVSEs behind a vendor cloud, from `start_at` on; who is there already is plugged in then.

    `ignoring` names the outlets that stop to obey, and when. A sample comes every `sample_s` domain
    seconds from each outlet with a car.
    """

    def __init__(
        self,
        site: Site,
        visits: Sequence[Visit],
        *,
        start_at: datetime,
        seed: int = 0,
        sample_s: int = 60,
        ignoring: Mapping[str, datetime] | None = None,
        mischief: Mischief | None = None,
        faults: FaultDesk | None = None,
    ) -> None:
        self.site = site
        self._outlets = [str(evse.evse_id) for evse in site.evses]
        self._column = {outlet: column for column, outlet in enumerate(self._outlets)}
        self._fleet = Fleet(site.evses)
        self._loads = CircuitLoads(site)
        self.faults = faults or FaultDesk()
        self.orders = OrderDesk(site.evses, f"{seed}/orders", self.faults)
        self.changes = ChangeLog(FaultyTelling(faults) if faults else mischief or Honest())
        self.effects = FaultyStations(self.faults, site.evses)
        self._at_us = us(start_at) - us(start_at) % STEP_US
        self.truth = Truth(self._at_us)
        self._sample_us = sample_s * 1_000_000
        self._step_us = min(STEP_US, self._sample_us)
        self._offset_us = np.array(
            [(column % max(1, sample_s // STEP_S)) * STEP_US for column in range(len(self._outlets))]
        )
        self._coming = deque(visit for visit in visits if us(visit.leaves_at) > self._at_us)
        self._here: dict[str, Visit] = {}
        self.charging: dict[str, str] = {}
        self._next_change_us = np.full(len(self._outlets), FOREVER_US)
        self._told_us = np.zeros(len(self._outlets), dtype=np.int64)
        for outlet, at in (ignoring or {}).items():
            self.orders.obedience[outlet].ignoring_from_us = us(at)

    @property
    def at(self) -> datetime:
        """The domain instant up to which the network has come."""
        return instant(self._at_us)

    def advance(self, now: datetime, machine_ms: int) -> None:
        """Go on to `now`, in whole steps."""
        now_us = us(now)
        while self._at_us + self._step_us <= now_us:
            self._step(machine_ms)

    def _step(self, machine_ms: int) -> None:
        self._leave()
        self._arrive(machine_ms)
        self._deliver()
        self._set_limits()
        self._fleet.step(self._step_us / 3.6e9)
        totals = self._fleet.power_kw.sum(axis=1)
        loads = self._loads.of(self._fleet.power_kw[REAL])
        self.truth.add(self._at_us, self._step_us, (float(totals[REAL]), float(totals[TWIN])), loads)
        self._at_us += self._step_us
        self._tell()

    # --- cars -----------------------------------------------------------------------------------------

    def _arrive(self, machine_ms: int) -> None:
        while self._coming and us(self._coming[0].arrives_at) <= self._at_us:
            visit = self._coming.popleft()
            column = self._column[visit.evse_id]
            self._here[visit.evse_id] = visit
            self.charging[visit.evse_id] = visit.session_id
            self._fleet.plug_in(column, visit)
            self._next_change_us[column] = 0
            self._told_us[column] = self._at_us
            self.truth.cars[visit.session_id] = CarRecord(
                session_id=visit.session_id,
                evse_id=visit.evse_id,
                arrived_at=visit.arrives_at.isoformat(),
                plugged_in_machine_ms=machine_ms,
                appetite_kwh=visit.energy_kwh,
            )
            self.changes.add_charge(self._charge(visit.evse_id))

    def _leave(self) -> None:
        gone = [visit for visit in self._here.values() if us(visit.leaves_at) <= self._at_us]
        for visit in gone:
            told = {**self._charge(visit.evse_id), "state": "finished", "end": visit.leaves_at.isoformat()}
            self.changes.add_charge(told)
            self._keep_energy(visit)
            self.truth.cars[visit.session_id].left_at = visit.leaves_at.isoformat()
            self.orders.end_charge(visit.evse_id, visit.session_id)
            self._fleet.unplug(self._column[visit.evse_id])
            del self._here[visit.evse_id], self.charging[visit.evse_id]

    def _keep_energy(self, visit: Visit) -> None:
        column, car = self._column[visit.evse_id], self.truth.cars[visit.session_id]
        car.energy_kwh = float(self._fleet.energy_kwh[REAL, column])
        car.uncontrolled_kwh = float(self._fleet.energy_kwh[TWIN, column])
        car.peak_kw = float(self._fleet.peak_kw[column])

    # --- limits ---------------------------------------------------------------------------------------

    def _deliver(self) -> None:
        for order, result in self.orders.deliver(self.charging, self._at_us):
            if result != UNSAID:
                self.changes.add_order({"order": order.order_id, "result": result, "why": ""})
            self._next_change_us[self._column[order.outlet]] = 0
        for name in self.orders.late_words(self._at_us):
            self.changes.add_order({"order": name, "result": "applied", "why": ""})
        for outlet in self.effects.changed(self._at_us):
            self._next_change_us[self._column[outlet]] = 0
        if self.effects.forgotten(self._at_us, self.orders.held):
            self.changes.epoch += 1
            self._next_change_us[:] = 0

    def _set_limits(self) -> None:
        """What is in force at outlets where something changed; who ignores orders draws what it can."""
        for column in np.flatnonzero(self._next_change_us <= self._at_us):
            outlet, fleet = self._outlets[column], self._fleet
            order, ignoring_us = self.orders.held.get(outlet), self.orders.obedience[outlet].ignoring_from_us
            limit_kw, next_us = order.in_force(self._at_us) if order else (None, FOREVER_US)
            if ignoring_us is not None and outlet in self.charging:
                if ignoring_us <= self._at_us:
                    limit_kw, next_us = float(fleet.max_kw[column]), FOREVER_US
                else:
                    next_us = min(next_us, ignoring_us)
            allowed_kw = float(fleet.cap_kw[column] if limit_kw is None else limit_kw)
            if outlet in self.charging:
                allowed_kw = self.effects.allowed_kw(
                    outlet, allowed_kw, float(fleet.max_kw[column]), self._at_us, is_ordered=order is not None
                )
            fleet.limit_kw[REAL, column] = allowed_kw
            self._next_change_us[column] = next_us

    def hold_cap(self, outlet: str, cap_kw: float) -> None:
        """What an outlet may draw from now on when nothing is in force."""
        self._fleet.cap_kw[self._column[outlet]] = cap_kw
        self._next_change_us[self._column[outlet]] = 0
        if outlet not in self.charging:
            self._fleet.limit_kw[REAL, self._column[outlet]] = cap_kw

    def cap_kw(self, outlet: str) -> float:
        """What an outlet may draw when nothing is in force."""
        return float(self._fleet.cap_kw[self._column[outlet]])

    # --- telling --------------------------------------------------------------------------------------

    def _tell(self) -> None:
        due = self._fleet.plugged & ((self._at_us + self._offset_us) % self._sample_us == 0)
        at = instant(self._at_us).isoformat()
        for column in np.flatnonzero(due):
            outlet = self._outlets[column]
            power_w = round(float(self._fleet.power_kw[REAL, column]) * 1000)
            energy_wh = round(float(self._fleet.energy_kwh[REAL, column]) * 1000)
            self.changes.add_sample(self.charging[outlet], outlet, at, power_w, energy_wh)
            if self._at_us - self._told_us[column] >= CHARGE_TOLD_EVERY_US:
                self._told_us[column] = self._at_us
                self.changes.add_charge(self._charge(outlet))
        if self.faults.faults:
            self.changes.add_late(self._at_us, self.charging)
        self.changes.trim()

    def _charge(self, outlet: str) -> dict[str, Any]:
        visit = self._here[outlet]
        return {
            "charge": visit.session_id,
            "site": str(self.site.site_id),
            "outlet": outlet,
            "card": visit.token_uid,
            "state": "charging",
            "begin": visit.arrives_at.isoformat(),
            "end": None,
            "wh": round(float(self._fleet.energy_kwh[REAL, self._column[outlet]]) * 1000),
            "changed": max(instant(self._at_us), visit.arrives_at).isoformat(),
            "replay": False,
        }

    def page(self, cursor: str | None, limit: int) -> dict[str, Any]:
        """What is new since a cursor, as the cloud tells it."""
        active = [self._charge(outlet) for outlet in self.charging] if cursor is None else []
        return {"time": self.at.isoformat(), **self.changes.page(cursor, limit, active)}

    def ledger_json(self, since: datetime | None = None) -> dict[str, Any]:
        """The truth: of series and peaks, what is since an instant; of cars and outlets, all."""
        for visit in self._here.values():
            self._keep_energy(visit)
        return {
            "site_id": str(self.site.site_id),
            "as_of": self.at.isoformat(),
            **self.truth.told(since),
            "evses": [
                {
                    "evse_id": outlet,
                    "commands_received": counted.received,
                    "commands_applied": counted.applied,
                    "commands_ignored": counted.ignored,
                    "ignoring_from": instant(counted.ignoring_from_us).isoformat()
                    if counted.ignoring_from_us
                    else None,
                }
                for outlet, counted in self.orders.obedience.items()
            ],
        }

    # --- snapshots ------------------------------------------------------------------------------------

    def kept(self) -> dict[str, Any]:
        """Everything needed to go on later, as JSON."""
        fleet = self._fleet
        return {
            "at_us": self._at_us,
            "here": [visit.session_id for visit in self._here.values()],
            "energy_kwh": fleet.energy_kwh.tolist(),
            "peak_kw": fleet.peak_kw.tolist(),
            "told_us": self._told_us.tolist(),
            "orders": self.orders.kept(),
            "changes": self.changes.kept(),
            "truth": self.truth.kept(),
        }

    def restore(self, kept: Mapping[str, Any], visits: Sequence[Visit]) -> None:
        """Go on where a snapshot was taken."""
        self._at_us = kept["at_us"]
        by_id = {visit.session_id: visit for visit in visits}
        for session_id in kept["here"]:
            visit = by_id[session_id]
            self._here[visit.evse_id], self.charging[visit.evse_id] = visit, session_id
            self._fleet.plug_in(self._column[visit.evse_id], visit)
        self._fleet.energy_kwh = np.array(kept["energy_kwh"])
        self._fleet.peak_kw = np.array(kept["peak_kw"])
        self._told_us = np.array(kept["told_us"], dtype=np.int64)
        self._next_change_us[:] = 0
        self.orders.restore(kept["orders"])
        self.changes.restore(kept["changes"])
        self.truth.restore(kept["truth"])
        self._coming = deque(
            visit
            for visit in visits
            if visit.session_id not in self.truth.cars and us(visit.leaves_at) > self._at_us
        )
