"""What a faulty cloud makes of what its stations tell: charges and samples that are late, twice or wrong."""

from datetime import datetime, timedelta
from typing import Any

from readyby.envelope import us
from readyby.network.changes import Mischief
from readyby.network.faults import FaultDesk, FaultKind

Sample = tuple[object, ...]
Charge = dict[str, Any]
REGISTER_WH = 910_000
SKEW = timedelta(minutes=25)
LOCAL = timedelta(hours=7)


class FaultyTelling(Mischief):
    """Spoils what is told as the desk decides; what is held back is told when its fault is over."""

    def __init__(self, desk: FaultDesk) -> None:
        super().__init__("", bad_samples=0.0, odd_charges=0.0)
        self._desk = desk
        self._held: list[tuple[int, str, Any]] = []
        self._begun: dict[str, Charge] = {}
        self._last: dict[str, Charge] = {}
        self._reset_wh: dict[str, float] = {}
        self._frozen: dict[str, tuple[object, object]] = {}
        self._swapped: dict[str, Sample] = {}

    def due(self, at_us: int) -> list[tuple[str, Any]]:
        """What was held back until now."""
        due = [(kind, told) for until_us, kind, told in self._held if until_us <= at_us]
        self._held = [each for each in self._held if each[0] > at_us]
        return due

    def _held_until(self, charge: str) -> int | None:
        """When a charge that is held back will be told of."""
        for until_us, kind, told in self._held:
            if kind == "charge" and told["charge"] == charge:
                return until_us
        return None

    # --- charges --------------------------------------------------------------------------------------

    def charge(self, charge: Charge) -> tuple[Charge, ...]:
        name, outlet = str(charge["charge"]), str(charge["outlet"])
        at_us = us(datetime.fromisoformat(charge["changed"]))
        is_first, is_last = name not in self._begun, charge["state"] != "charging"
        before = self._last.get(name)
        if is_first:
            self._begun[name] = self._last[name] = charge
            return self._first(charge, name, outlet, at_us)
        self._last[name] = charge
        if (release_us := self._held_until(name)) is not None:
            self._held.append((release_us, "charge", charge))
            return ()
        if is_last and self._strikes(FaultKind.MISSING_STOP, outlet, at_us, name):
            return ()
        charge = self._spoilt(charge, name, outlet, at_us)
        if before is not None and self._strikes(FaultKind.SESSION_ORDER, outlet, at_us, name):
            return (charge, before)
        if self._strikes(FaultKind.DUPLICATE_SESSION, outlet, at_us, name):
            return (charge, dict(charge))
        return (charge,)

    def _first(self, charge: Charge, name: str, outlet: str, at_us: int) -> tuple[Charge, ...]:
        late = self._desk.active(FaultKind.LATE_START, outlet, at_us)
        if late is not None and self._strikes(FaultKind.LATE_START, outlet, at_us, name):
            self._held.append((late.end_us, "charge", charge))
            return ()
        return (self._spoilt(charge, name, outlet, at_us),)

    def _spoilt(self, charge: Charge, name: str, outlet: str, at_us: int) -> Charge:
        if self._strikes(FaultKind.LIFETIME_REGISTER, outlet, at_us, name):
            charge = {**charge, "wh": charge["wh"] + REGISTER_WH}
        if charge["card"] is not None and self._strikes(FaultKind.TOKEN_TROUBLE, outlet, at_us, name):
            card = str(charge["card"])
            cards = (card.swapcase(), f"{card}-OTHER", None)
            chosen = cards[int(self._desk.chance(FaultKind.TOKEN_TROUBLE, outlet, name) * len(cards))]
            charge = {**charge, "card": chosen, "holder": "A. Driver"}
        return charge

    def _strikes(self, kind: FaultKind, outlet: str, at_us: int, key: object) -> bool:
        return self._desk.strikes(kind, outlet, at_us, key)

    def strays(self, outlet: str, at_us: int) -> tuple[Charge, ...]:
        """The end of a charge that nobody began."""
        if not self._strikes(FaultKind.UNKNOWN_STOP, outlet, at_us, at_us // 600_000_000):
            return ()
        example = next((each for each in self._last.values() if each["outlet"] == outlet), None)
        if example is None:
            return ()
        begun = datetime.fromisoformat(example["begin"]) - timedelta(hours=9)
        ended = begun + timedelta(hours=8)
        return (
            {
                **example,
                "charge": f"{outlet}-nobody-{at_us // 600_000_000}",
                "state": "finished",
                "begin": begun.isoformat(),
                "end": ended.isoformat(),
                "changed": ended.isoformat(),
            },
        )

    # --- samples --------------------------------------------------------------------------------------

    def samples(self, sample: Sample) -> tuple[Sample, ...]:
        """What becomes of one sample."""
        charge, outlet, at, watts, watt_hours = sample
        outlet, at_us = str(outlet), us(datetime.fromisoformat(str(at)))
        if (release_us := self._held_until(str(charge))) is not None:
            self._held.append((release_us, "sample", sample))
            return ()
        if self._strikes(FaultKind.METER_GAP, outlet, at_us, at_us):
            return ()
        told = self._values(outlet, at_us, str(charge), watts, watt_hours)
        spoilt = (charge, outlet, self._stamp(outlet, at_us, str(at)), *told)
        if self._strikes(FaultKind.METER_ORDER, outlet, at_us, at_us):
            held = self._swapped.pop(outlet, None)
            if held is None:
                self._swapped[outlet] = spoilt
                return (spoilt, spoilt)
            return (spoilt, held)
        return (spoilt,)

    def _values(
        self, outlet: str, at_us: int, charge: str, watts: Any, watt_hours: Any
    ) -> tuple[object, object]:
        if self._strikes(FaultKind.METER_FROZEN, outlet, at_us, at_us):
            return self._frozen.setdefault(outlet, (watts, watt_hours))
        self._frozen.pop(outlet, None)
        if self._strikes(FaultKind.METER_RESET, outlet, at_us, charge):
            self._reset_wh.setdefault(charge, watt_hours)
        watt_hours -= self._reset_wh.get(charge, 0)
        if self._strikes(FaultKind.LIFETIME_REGISTER, outlet, at_us, at_us):
            watt_hours += REGISTER_WH
        if watts and self._strikes(FaultKind.WRONG_UNIT, outlet, at_us, at_us):
            watts = (
                watts * 1000 if self._desk.chance(FaultKind.WRONG_UNIT, outlet, "way") < 0.5 else watts / 1000
            )
        if self._strikes(FaultKind.NO_ENERGY, outlet, at_us, at_us):
            return watts, None
        return watts, watt_hours

    def _stamp(self, outlet: str, at_us: int, at: str) -> str:
        if not self._strikes(FaultKind.CLOCK_SKEW, outlet, at_us, at_us):
            return at
        ways = (
            (datetime.fromisoformat(at) + SKEW).isoformat(),
            "1970-01-01T00:00:00+00:00",
            (datetime.fromisoformat(at) - LOCAL).replace(tzinfo=None).isoformat(),
        )
        return ways[int(self._desk.chance(FaultKind.CLOCK_SKEW, outlet, "way") * len(ways))]
