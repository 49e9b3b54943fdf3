"""Hold a session's sentences against a plan: every figure and reason, told from power and prices alone.

Written apart from what makes the sentences. Each pattern has a check; what no pattern knows is not borne out.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise

import numpy as np

from readyby.planning.facade import Solved
from readyby.planning.money import billed_peaks_kw

DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
}
_ANY_DAY = "|".join(day for days in DAYS.values() for day in days)
CLOCK = rf"((?:(?:{_ANY_DAY}) )?\d+:\d\d (?:AM|PM))"
NAMED = rf"((?:el (?:{'|'.join(DAYS['es'])}) a )?las? \d+:\d\d (?:AM|PM))"
AT = rf"(?:a |(?=el )){NAMED}"
KW, KWH = r"([\d.]+) kW", r"([\d.]+) kWh"
_SPARED = r"((?:\d+ h)? ?(?:\d+ min)?)"
MINUTE = timedelta(minutes=1)


class Told:
    """A plan as far as one session's sentences speak of it. Times are UTC."""

    def __init__(self, solved: Solved, index: int, delivered_kwh: float) -> None:
        self.grid, self.limits, self.power = solved.grid, solved.limits, solved.power_kw
        self.index, self.delivered_kwh = index, delivered_kwh
        self.stay = self.grid.stays[index]
        self.cells = np.flatnonzero(self.grid.cell_session == index)
        self.runs = [int(cell) for cell in self.cells if self.power[cell] > 0]
        self.need = float(self.grid.need_kwh[index]) + delivered_kwh

    @cached_property
    def first(self) -> int:
        """The slot in which it starts; behind the last one if it never does."""
        return int(self.grid.cell_slot[self.runs[0]]) if self.runs else self.grid.steps

    def begins(self, cell: int) -> datetime:
        return max(self.grid.starts[int(self.grid.cell_slot[cell])], self.stay.arrival_at)

    def energy_by(self, by: datetime) -> float:
        edges = [
            *self.grid.starts,
            self.grid.starts[-1] + timedelta(hours=float(self.grid.slot_h[-1])),
        ]
        spans = list(pairwise(edges))
        total = 0.0
        for cell in self.cells:
            slot = int(self.grid.cell_slot[cell])
            start, end = spans[slot]
            share = float(np.clip((by - start) / (end - start), 0.0, 1.0))
            hours = min(float(self.grid.cell_h[cell]), share * float(self.grid.slot_h[slot]))
            total += float(self.power[cell]) * hours
        return self.delivered_kwh + total * self.grid.situation.draw_ratio

    def instant(self, clock: str, language: str) -> datetime | None:
        """The instant that a clock names: today's, or the next such day's; None if it names none."""
        *day, time, half = (word for word in clock.split() if word.lower() not in {"el", "a", "la", "las"})
        hour, minute = (int(part) for part in time.split(":"))
        now = self.grid.situation.now
        today = now.replace(
            hour=hour % 12 + (12 if half == "PM" else 0), minute=minute, second=0, microsecond=0
        )
        if not day:
            return today
        if day[0] not in DAYS[language]:
            return None
        ahead = (DAYS[language].index(day[0]) - today.weekday()) % 7
        return today + timedelta(days=ahead)


Check = Callable[[Told, str, tuple[str, ...]], bool]


def _near(figure: str, value: float, within: float = 0.051) -> bool:
    return abs(float(figure) - value) <= within


def _at(told: Told, language: str, clock: str, instant: datetime) -> bool:
    named = told.instant(clock, language)
    return (
        named is not None and timedelta(0) <= named - instant + timedelta(seconds=1) <= MINUTE + MINUTE / 30
    )


def _now(told: Told, language: str, said: tuple[str, ...]) -> bool:
    return told.first == 0 and _near(said[0], told.power[told.runs[0]])


def _slowly(told: Told, language: str, said: tuple[str, ...]) -> bool:
    if not _now(told, language, said):
        return False
    slow = 2.0 * told.power[told.runs[0]] + 1e-9
    faster = next((cell for cell in told.runs if told.power[cell] > slow), None)
    later = [cell for cell in told.runs if _at(told, language, said[1], told.begins(cell))]
    return faster is not None and bool(later) and _near(said[2], told.power[later[0]]) and later[0] >= faster


def _starts(told: Told, language: str, said: tuple[str, ...]) -> bool:
    waits = told.first > 0 or (bool(told.runs) and told.begins(told.runs[0]) > told.grid.situation.now)
    return bool(told.runs) and waits and _at(told, language, said[0], told.begins(told.runs[0]))


def _cheaper(told: Told, language: str, said: tuple[str, ...]) -> bool:
    return bool(told.runs) and _near(said[0], told.grid.price[0] - told.grid.price[told.first], 0.0051)


def _no_room(told: Told, language: str, said: tuple[str, ...]) -> bool:
    least = float(told.grid.min_kw[told.index] - told.grid.cap_kw[told.index])
    load = told.grid.load_kw(told.grid.over_kw(told.power))
    return told.first > 0 and bool(np.all((load + least > told.limits.sum_kw)[: told.first]))


def _no_peak(told: Told, language: str, said: tuple[str, ...]) -> bool:
    grid = told.grid
    peaks = billed_peaks_kw(grid, told.power)
    least_kwh = float(grid.min_kw[told.index]) * grid.slot_h
    with_it = (grid.load_kwh(told.power) + grid.used_kwh + least_kwh) / grid.window_h
    passed = (with_it[None, :] > peaks[:, None]) & grid.peak_slots.astype(bool)
    return told.first > 0 and bool(np.all(passed.any(axis=0)[: told.first]))


def _ready(told: Told, language: str, said: tuple[str, ...]) -> bool:
    by = told.instant(said[1], language)
    if by is None or not _near(said[0], told.need):
        return False
    most = min(told.need, told.energy_by(told.stay.departure_at))
    not_sooner = told.energy_by(by - 2 * MINUTE) < most - 1e-4
    return _near(said[0], told.energy_by(by), 0.11) and not_sooner


def _early(told: Told, language: str, said: tuple[str, ...]) -> bool:
    by = told.instant(said[1], language)
    spared = timedelta(
        hours=int((re.search(r"(\d+) h", said[2]) or [0, 0])[1]),
        minutes=int((re.search(r"(\d+) min", said[2]) or [0, 0])[1]),
    )
    return by is not None and abs(told.stay.departure_at - by - spared) < MINUTE and spared > timedelta(0)


def _just(told: Told, language: str, said: tuple[str, ...]) -> bool:
    by = told.instant(said[1], language)
    return by is not None and timedelta(0) <= told.stay.departure_at - by + MINUTE < 2 * MINUTE


def _short(told: Told, language: str, said: tuple[str, ...]) -> bool:
    total = told.energy_by(told.stay.departure_at)
    when = _at(told, language, said[0], told.stay.departure_at)
    return when and _near(said[1], total) and _near(said[2], told.need) and total < told.need


def _best(told: Told, language: str, said: tuple[str, ...]) -> bool:
    missing = told.need - told.energy_by(told.stay.departure_at)
    rate = float(told.grid.max_kw[told.index]) * told.grid.situation.draw_ratio
    return _at(told, language, said[0], told.stay.departure_at + timedelta(hours=missing / rate))


def _done(told: Told, language: str, said: tuple[str, ...]) -> bool:
    return told.need - told.delivered_kwh <= 0.05 and _near(said[0], told.need)


def _never(told: Told, language: str, said: tuple[str, ...]) -> bool:
    return not told.runs


CHECKS: dict[str, tuple[tuple[str, Check], ...]] = {
    "en": (
        (rf"Charging now, at up to {KW}\.", _now),
        (rf"Charging slowly now, at up to {KW}; from {CLOCK} on at up to {KW}\.", _slowly),
        (rf"(?:Waits until|Pauses until|Starts at) {CLOCK}(?=\.| because| so)", _starts),
        (r"because power is \$([\d.]+)/kWh cheaper then\.", _cheaper),
        (r"because until then all of the site's power goes to other cars\.", _no_room),
        (r"so that the site sets no higher peak\.", _no_peak),
        (rf"You will have {KWH} by {CLOCK}(?=\.|,)", _ready),
        (rf"You will have {KWH} by {CLOCK}, {_SPARED} before you leave\.", _early),
        (rf"You will have {KWH} by {CLOCK}, just before you leave\.", _just),
        (rf"By {CLOCK} you will have ([\d.]+) of {KWH}(?=\.|;)", _short),
        (rf"; all of it by {CLOCK} at best\.", _best),
        (rf"You already have the {KWH} you asked for\.", _done),
        (r"No power is left for this car before it leaves\.", _never),
    ),
    "es": (
        (rf"Cargando ahora, hasta {KW}\.", _now),
        (rf"Cargando despacio ahora, hasta {KW}; desde {NAMED}, hasta {KW}\.", _slowly),
        (rf"(?:Espera hasta|Pausa hasta) {NAMED}(?=\.| porque| para)", _starts),
        (rf"Empieza {AT}(?=\.)", _starts),
        (r"porque entonces la energía cuesta \$([\d.]+)/kWh menos\.", _cheaper),
        (r"porque hasta entonces toda la potencia del sitio es para otros autos\.", _no_room),
        (r"para que el sitio no fije un pico más alto\.", _no_peak),
        (rf"Tendrá {KWH} {AT}(?=\.|,)", _ready),
        (rf"Tendrá {KWH} {AT}, {_SPARED} antes de irse\.", _early),
        (rf"Tendrá {KWH} {AT}, justo antes de irse\.", _just),
        (rf"(?i:{AT}) tendrá ([\d.]+) de {KWH}(?=\.|;)", _short),
        (rf"; todo {AT} en el mejor caso\.", _best),
        (rf"Ya tiene los {KWH} que pidió\.", _done),
        (r"No queda potencia para este auto antes de que se vaya\.", _never),
    ),
}


def bears_out(
    text: str, solved: Solved, index: int = 0, *, language: str = "en", delivered_kwh: float = 0.0
) -> bool:
    """Whether a text says something of a plan, all of its figures are accounted for, and all is true."""
    told = Told(solved, index, delivered_kwh)
    rest, verdicts = text, []
    for pattern, check in CHECKS[language]:
        for found in re.finditer(pattern, text):
            verdicts.append(check(told, language, found.groups()))
            rest = rest.replace(found.group(0), " ")
    return bool(verdicts) and all(verdicts) and not re.search(r"\d", _without(rest, language))


def _without(rest: str, language: str) -> str:
    """What is left of a text once the tails that other patterns took with them are gone."""
    tails = {
        "en": rf", (?:{_SPARED}|just) before you leave\.",
        "es": rf", (?:{_SPARED}|justo) antes de irse\.",
    }
    return re.sub(tails[language], "", rest)
