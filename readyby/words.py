"""How times and amounts are put into words for drivers, in English and Spanish.

Every time is the site's wall time and carries its weekday: a driver must never have to guess the day
or the half of the day.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

LANGUAGES = ("en", "es")

_WEEKDAYS: Mapping[str, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_HALVES = ("AM", "PM")


def spoken_language(language: str) -> str:
    """The nearest language that drivers can be addressed in: `es-MX` is `es`, anything unknown `en`."""
    head = language.lower().replace("_", "-").split("-")[0]
    return head if head in LANGUAGES else "en"


def weekday(day: date, language: str) -> str:
    """The weekday in full."""
    return _WEEKDAYS[language][day.weekday()]


def weekday_short(day: date, language: str) -> str:
    """The weekday in three letters."""
    return weekday(day, language)[:3]


def clock(instant: datetime, zone: ZoneInfo) -> str:
    """Wall time of day with its half: `5:30 PM`, in both languages."""
    local = instant.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local.minute:02d} {_HALVES[local.hour >= 12]}"


def when(instant: datetime, zone: ZoneInfo, language: str) -> str:
    """Weekday and wall time: `Wed 5:30 PM`."""
    return f"{weekday_short(instant.astimezone(zone).date(), language)} {clock(instant, zone)}"


def when_in_full(instant: datetime, zone: ZoneInfo, language: str) -> str:
    """The weekday spelled out, and wall time: `Wednesday 5:30 PM`."""
    return f"{weekday(instant.astimezone(zone).date(), language)} {clock(instant, zone)}"


def span(duration: timedelta) -> str:
    """A duration in the largest two units: `8 s`, `4 min`, `2 h 05 min`; the same in both languages."""
    seconds = max(0, int(duration.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def number(value: float, digits: int = 1) -> str:
    """A figure without needless zeros: `11.6`, `40`."""
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def energy(energy_kwh: float) -> str:
    return f"{number(energy_kwh)} kWh"


def power(power_kw: float) -> str:
    return f"{number(power_kw)} kW"


def miles_figure(distance_mi: float) -> str:
    """Whole miles; below ten with one digit."""
    return number(distance_mi, 0 if distance_mi >= 10 else 1)


def distance(distance_mi: float) -> str:
    return f"{miles_figure(distance_mi)} mi"


def hour(instant: datetime, zone: ZoneInfo) -> str:
    """A full hour for an axis: `5 PM`."""
    local = instant.astimezone(zone)
    return f"{local.hour % 12 or 12} {_HALVES[local.hour >= 12]}"
