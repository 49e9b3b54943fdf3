"""What the vendor cloud has to tell, in order, to whoever asks with a cursor; with the faults of real ones.

A cursor is `epoch:number`. The epoch grows with each restart of the network: a cursor of an older epoch
may be ahead of what was kept, so the answer says `restarted`, and some things are told twice.
"""

import random
from collections.abc import Iterable, Mapping
from typing import Any

KEPT = 50_000
SAMPLE_FIELDS = ("charge", "outlet", "time", "watts", "wh")


class Mischief:
    """Faults of the cloud itself: a wrong sample now and then, a charge told twice, an old state late."""

    def __init__(self, seed: str, *, bad_samples: float = 1 / 500, odd_charges: float = 1 / 25) -> None:
        self._chance = random.Random(seed)
        self._bad_samples, self._odd_charges = bad_samples, odd_charges
        self._last: dict[str, dict[str, Any]] = {}

    def sample(self, sample: tuple[object, ...]) -> tuple[object, ...]:
        """The sample, or rarely a spoilt one."""
        if self._chance.random() >= self._bad_samples:
            return sample
        charge, outlet, at, watts, watt_hours = sample
        return self._chance.choice(
            [
                (charge, outlet, at, -1, watt_hours),
                (charge, outlet, at, "NaN", watt_hours),
                (charge, outlet, at, 9_999_999, watt_hours),
                (charge, "no-such-outlet", at, watts, watt_hours),
                (charge, outlet, "1970-01-01T00:00:00", watts, watt_hours),
                (charge, outlet, at, None, watt_hours),
            ]
        )

    def samples(self, sample: tuple[object, ...]) -> tuple[tuple[object, ...], ...]:
        """What becomes of one sample."""
        return (self.sample(sample),)

    def due(self, at_us: int) -> list[tuple[str, Any]]:  # noqa: ARG002 - those that hold back need it
        """Entries that were held back until now, each with its kind."""
        return []

    def strays(self, outlet: str, at_us: int) -> tuple[dict[str, Any], ...]:  # noqa: ARG002 - as above
        """Charges told of an outlet that nobody began."""
        return ()

    def charge(self, charge: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        """The record, and rarely the same again, or the one before it once more."""
        name = charge["charge"]
        before = self._last.get(name)
        self._last[name] = charge
        if charge["state"] != "charging":
            del self._last[name]
        if self._chance.random() >= self._odd_charges:
            return (charge,)
        return (charge, charge) if before is None else (charge, before)


class Honest(Mischief):
    """No faults."""

    def __init__(self) -> None:
        super().__init__("", bad_samples=0.0, odd_charges=0.0)


class ChangeLog:
    """Numbered entries: charges, samples, and what became of orders."""

    def __init__(self, mischief: Mischief, *, epoch: int = 1, first: int = 0) -> None:
        self.epoch = epoch
        self._mischief = mischief
        self._first = first
        self._entries: list[tuple[str, Any]] = []

    @property
    def head(self) -> int:
        """The number of the next entry."""
        return self._first + len(self._entries)

    def add_charge(self, charge: dict[str, Any]) -> None:
        for told in self._mischief.charge(charge):
            self._entries.append(("charge", told))

    def add_sample(self, *sample: object) -> None:
        self._entries.extend(("sample", told) for told in self._mischief.samples(sample))

    def add_late(self, at_us: int, outlets: Iterable[str]) -> None:
        """What was held back until now, and what nobody began."""
        self._entries.extend(self._mischief.due(at_us))
        for outlet in outlets:
            self._entries.extend(("charge", told) for told in self._mischief.strays(outlet, at_us))

    def add_order(self, order: Mapping[str, object]) -> None:
        self._entries.append(("order", order))

    def trim(self) -> None:
        """Forget the oldest entries."""
        over = len(self._entries) - KEPT
        if over > 0:
            del self._entries[:over]
            self._first += over

    def page(self, cursor: str | None, limit: int, now_active: list[dict[str, Any]]) -> dict[str, Any]:
        """Entries after a cursor; without one, what is active now."""
        if cursor is None:
            return self._told([("charge", charge) for charge in now_active], self.head, restarted=False)
        epoch, number = (int(part) for part in cursor.split(":"))
        start = min(max(number, self._first), self.head)
        entries = self._entries[start - self._first : start - self._first + limit]
        return self._told(entries, start + len(entries), restarted=epoch != self.epoch)

    def _told(self, entries: list[tuple[str, Any]], number: int, *, restarted: bool) -> dict[str, Any]:
        samples = [entry for kind, entry in entries if kind == "sample"]
        columns = zip(*samples, strict=True) if samples else [()] * len(SAMPLE_FIELDS)
        return {
            "cursor": f"{self.epoch}:{number}",
            "restarted": restarted,
            "more": number < self.head,
            "charges": [entry for kind, entry in entries if kind == "charge"],
            "samples": {name: list(column) for name, column in zip(SAMPLE_FIELDS, columns, strict=True)},
            "orders": [entry for kind, entry in entries if kind == "order"],
        }

    def kept(self) -> dict[str, Any]:
        """For a snapshot."""
        recent = self._entries[-KEPT // 10 :]
        return {"epoch": self.epoch, "first": self.head - len(recent), "entries": recent}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Go on from a snapshot, in the next epoch."""
        self.epoch = kept["epoch"] + 1
        self._first = kept["first"]
        self._entries = [(kind, entry) for kind, entry in kept["entries"]]
