"""The words for a session's facts, in English and Spanish."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_DAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
}
_WHY = {
    "en": {
        "done": "You already have the {energy:.1f} kWh you asked for.",
        "now": "Charging now, at up to {power:.1f} kW.",
        "slowly": "Charging slowly now, at up to {power:.1f} kW; from {start} on at up to {later:.1f} kW.",
        "cheaper": "Waits until {start} because power is ${saves:.2f}/kWh cheaper then.",
        "limit": "Waits until {start} because until then all of the site's power goes to other cars.",
        "peak": "Waits until {start} so that the site sets no higher peak.",
        "later": "Starts at {start}.",
        "never": "No power is left for this car before it leaves.",
    },
    "es": {
        "done": "Ya tiene los {energy:.1f} kWh que pidió.",
        "now": "Cargando ahora, hasta {power:.1f} kW.",
        "slowly": "Cargando despacio ahora, hasta {power:.1f} kW; desde {start}, hasta {later:.1f} kW.",
        "cheaper": "Espera hasta {start} porque entonces la energía cuesta ${saves:.2f}/kWh menos.",
        "limit": "Espera hasta {start} porque hasta entonces toda la potencia del sitio es para otros autos.",
        "peak": "Espera hasta {start} para que el sitio no fije un pico más alto.",
        "later": "Empieza {start:at}.",
        "never": "No queda potencia para este auto antes de que se vaya.",
    },
}
_PAUSES = {
    "en": {"Waits until": "Pauses until", "Starts at": "Pauses until"},
    "es": {"Espera hasta": "Pausa hasta", "Empieza {start:at}": "Pausa hasta {start}"},
}
_READY = {
    "en": "You will have {need:.1f} kWh by {ready}, {early} before you leave.",
    "es": "Tendrá {need:.1f} kWh {ready:at}, {early} antes de irse.",
}
_JUST = {
    "en": "You will have {need:.1f} kWh by {ready}, just before you leave.",
    "es": "Tendrá {need:.1f} kWh {ready:at}, justo antes de irse.",
}
_LATE = {
    "en": "You will have {need:.1f} kWh by {ready}.",
    "es": "Tendrá {need:.1f} kWh {ready:at}.",
}
_SHORT_FOR_GOOD = {
    "en": "By {departure} you will have {energy:.1f} of {need:.1f} kWh.",
    "es": "{departure:At} tendrá {energy:.1f} de {need:.1f} kWh.",
}
_SHORT = {
    "en": "By {departure} you will have {energy:.1f} of {need:.1f} kWh; all of it by {earliest} at best.",
    "es": "{departure:At} tendrá {energy:.1f} de {need:.1f} kWh; todo {earliest:at} en el mejor caso.",
}


class Why(StrEnum):
    """Why a session starts when it does."""

    DONE = "done"
    NOW = "now"
    SLOWLY = "slowly"
    CHEAPER = "cheaper"
    LIMIT = "limit"
    PEAK = "peak"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a session's sentences say. `ready_at` is when the need is met; None where it is not.

    `starts_at` is when it starts, or goes faster; `later_kw` how fast then. One that is `drawing` now pauses
    before it starts. `saves_usd_per_kwh` is the price now less the price at the start; `earliest_at` when a
    missed need could be met, going on at full power after departure, None where that is never.
    """

    why: Why
    need_kwh: float
    energy_kwh: float
    starts_at: datetime | None
    power_kw: float
    saves_usd_per_kwh: float
    ready_at: datetime | None
    departure_at: datetime
    earliest_at: datetime | None
    later_kw: float = 0.0
    drawing: bool = False


def say(facts: Facts, language: str, time_zone: str, now: datetime) -> str:
    """The sentences in a language (`en` or `es`), with times on the site's clock."""
    clock = _clock(language, time_zone, now)
    template = _WHY[language][facts.why]
    if facts.drawing:
        for waits, pauses in _PAUSES[language].items():
            template = template.replace(waits, pauses)
    why = template.format(
        energy=facts.energy_kwh,
        power=facts.power_kw,
        later=facts.later_kw,
        start=clock(facts.starts_at) if facts.starts_at else "",
        saves=facts.saves_usd_per_kwh,
    )
    if facts.why is Why.DONE:
        return why
    if facts.ready_at is not None:
        ready, early = _ready_template(facts, facts.ready_at)
        then = ready[language].format(need=facts.need_kwh, ready=clock(facts.ready_at), early=early)
    else:
        short = _SHORT if facts.earliest_at is not None else _SHORT_FOR_GOOD
        then = short[language].format(
            departure=clock(facts.departure_at),
            energy=facts.energy_kwh,
            need=facts.need_kwh,
            earliest=clock(facts.earliest_at or facts.departure_at),
        )
    return f"{why} {then}"


def _ready_template(facts: Facts, ready_at: datetime) -> tuple[dict[str, str], str]:
    if ready_at > facts.departure_at:
        return _LATE, ""
    minutes = int((facts.departure_at - _up_to_minute(ready_at)).total_seconds() // 60)
    if minutes < 1:
        return _JUST, ""
    hours, rest = divmod(minutes, 60)
    return _READY, " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part
    )


def _up_to_minute(instant: datetime) -> datetime:
    return (instant + timedelta(seconds=59.999999)).replace(second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class _Clock:
    """A time as sentences name it: `5:00 PM`, with its weekday where that is another day.

    Spanish has an article: `las 5:00 PM`, `el jue a las 5:00 PM`; `at` and `At` put its preposition before.
    """

    language: str
    day: str
    hour: int
    time: str

    def __format__(self, spec: str) -> str:
        if self.language != "es":
            return f"{self.day} {self.time}".strip()
        hour = f"{'la' if self.hour == 1 else 'las'} {self.time}"
        named = f"el {self.day} a {hour}" if self.day else hour
        told = named if self.day or not spec else f"a {hour}"
        return told[0].upper() + told[1:] if spec == "At" else told


def _clock(language: str, time_zone: str, now: datetime) -> Callable[[datetime], _Clock]:
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()

    def clock(instant: datetime) -> _Clock:
        local = _up_to_minute(instant).astimezone(zone)
        day = "" if local.date() == today else _DAYS[language][local.weekday()]
        hour = (local.hour + 11) % 12 + 1
        return _Clock(language, day, hour, f"{hour}:{local.minute:02} {'AM' if local.hour < 12 else 'PM'}")

    return clock
