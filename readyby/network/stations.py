"""What faults do at the stations: they disobey, are limited by others, forget, or have odd cars."""

from collections.abc import MutableMapping, Sequence
from typing import Any

from readyby.model import Evse
from readyby.network.faults import FaultDesk, FaultKind

AT_STATIONS = (FaultKind.NOT_FOLLOWED, FaultKind.LOCAL_LIMIT, FaultKind.PHASE_SURPRISE)
LOCAL_KW = 1.5
ONE_PHASE = 1 / 3


class FaultyStations:
    """The stations' own faults over time."""

    def __init__(self, desk: FaultDesk, evses: Sequence[Evse]) -> None:
        self._desk = desk
        self._outlets = [str(evse.evse_id) for evse in evses]
        self._edges_us = sorted(
            {
                edge
                for fault in desk.faults
                if fault.kind in AT_STATIONS
                for edge in (fault.start_us, fault.end_us)
            }
        )
        self._forgot: set[tuple[str, int]] = set()

    def changed(self, at_us: int) -> list[str]:
        """The outlets to look at anew, now that a fault begins or ends."""
        if not self._edges_us or self._edges_us[0] > at_us:
            return []
        self._edges_us = [edge for edge in self._edges_us if edge > at_us]
        return self._outlets

    def allowed_kw(
        self, outlet: str, told_kw: float, max_kw: float, at_us: int, *, is_ordered: bool
    ) -> float:
        """What an outlet lets its car draw, given what it was told."""
        strikes = self._desk.strikes
        if (
            is_ordered
            and self._desk.active(FaultKind.NOT_FOLLOWED, outlet, at_us)
            and strikes(FaultKind.NOT_FOLLOWED, outlet, at_us, "all along")
        ):
            return max_kw
        if told_kw > LOCAL_KW and strikes(FaultKind.LOCAL_LIMIT, outlet, at_us, at_us):
            return LOCAL_KW
        if told_kw > LOCAL_KW and strikes(FaultKind.PHASE_SURPRISE, outlet, at_us, at_us):
            return max(told_kw * ONE_PHASE, LOCAL_KW)
        return told_kw

    def forgotten(self, at_us: int, held: MutableMapping[str, Any]) -> bool:
        """Whether the cloud restarts now, and forgets what some outlets held."""
        lost = False
        for outlet in list(held):
            fault = self._desk.active(FaultKind.FORGETS, outlet, at_us)
            if fault is None or (outlet, fault.start_us) in self._forgot:
                continue
            self._forgot.add((outlet, fault.start_us))
            if self._desk.strikes(FaultKind.FORGETS, outlet, at_us, fault.start_us):
                del held[outlet]
                lost = True
        return lost
