"""The request form: what it offers, and what a filled one says. Pure; nothing is repaired in silence."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from readyby import words
from readyby.energy import miles_of_km, miles_of_kwh
from readyby.errors import BadInput
from readyby.model import RequestId, RequestKind
from readyby.store.api import AcceptedRequest, DriverStatus
from readyby.wall import instant_of, local_date
from readyby.web.driver import Wish
from readyby.web.view import preferred_unit

DAYS_AHEAD = 2
UNITS = ("mi", "km", "kwh")
SAVING = ("save", "save_anyway", "save_later")
"""Buttons that save a need: as it stands, though it falls short, or by the later time that was offered."""
DEFAULT_STAY = timedelta(hours=8)
DEFAULT_MI = 40.0
_NUMBER = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,2})?")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOption:
    """A day that can be chosen, spelled out."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestForm:
    """The form as shown: fields as text, exactly as they stand in it."""

    request_id: RequestId
    days: tuple[DayOption, ...]
    departure_day: str
    departure_time: str
    amount: str
    unit: str


def offered_days(
    now: datetime, zone: ZoneInfo, language: str, _: Callable[[str], str]
) -> tuple[DayOption, ...]:
    """Today and the days after it, each with its weekday."""
    today = local_date(now, zone)
    patterns = (_("Today, {weekday}"), _("Tomorrow, {weekday}"), "{weekday}")
    days = (today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1))
    return tuple(
        DayOption(value=day.isoformat(), label=pattern.format(weekday=words.weekday(day, language)))
        for day, pattern in zip(days, patterns, strict=True)
    )


def fresh_form(
    status: DriverStatus,
    now: datetime,
    request_id: RequestId,
    days: tuple[DayOption, ...],
    earlier: AcceptedRequest | None = None,
) -> RequestForm:
    """The form filled with what is in force, else with what most drivers ask for."""
    zone = ZoneInfo(status.site.time_zone)
    last = earlier or status.last_request
    need = last if last and last.kind is RequestKind.NEED else None
    departure_at = need.departure_at if need and need.departure_at and need.departure_at > now else None
    local = (departure_at or rounded_up(now + DEFAULT_STAY)).astimezone(zone)
    unit = preferred_unit(need)
    return RequestForm(
        request_id=request_id,
        days=days,
        departure_day=local.date().isoformat(),
        departure_time=f"{local:%H:%M}",
        amount=_amount(need, unit, status.wh_per_mi),
        unit=unit,
    )


def rounded_up(instant: datetime) -> datetime:
    """The next full half hour."""
    start = instant.replace(minute=0, second=0, microsecond=0)
    return start + timedelta(minutes=30) * -((start - instant) // timedelta(minutes=30))


def _amount(need: AcceptedRequest | None, unit: str, wh_per_mi: float) -> str:
    if need is None or need.energy_need_kwh is None:
        return words.number(DEFAULT_MI)
    if unit == "kwh":
        return words.number(need.energy_need_kwh, 2)
    distance_mi = need.distance_mi or miles_of_kwh(need.energy_need_kwh, wh_per_mi)
    return words.number(distance_mi)


def returned_form(
    fields: Mapping[str, str], request_id: RequestId, days: tuple[DayOption, ...]
) -> RequestForm:
    """The form as the driver filled it, to be put right."""
    return RequestForm(
        request_id=request_id,
        days=days,
        departure_day=fields.get("departure_day", "")[:10],
        departure_time=fields.get("departure_time", "")[:8],
        amount=fields.get("amount", "")[:12],
        unit=unit if (unit := fields.get("unit", "mi")) in UNITS else "mi",
    )


def read_request_id(fields: Mapping[str, str]) -> RequestId:
    """The id that makes a double tap one request. Raises BadInput."""
    text = fields.get("request_id", "")
    if not _REQUEST_ID.fullmatch(text):
        raise BadInput("request_id", text[:64], "open the page again and send its own form")
    return RequestId(text)


def read_wish(fields: Mapping[str, str], zone: ZoneInfo) -> Wish:
    """What a filled form asks for.

    Raises:
        BadInput: a field that cannot be read; names it as the form does.
    """
    action = fields.get("action", "save")
    if action == "charge_now":
        return Wish(kind=RequestKind.CHARGE_NOW)
    if action == "release":
        return Wish(kind=RequestKind.RELEASE)
    if action not in SAVING:
        raise BadInput("action", action[:20], "use one of the page's buttons")
    which = "later" if action == "save_later" else "departure"
    departure_at = instant_of(
        _read_day(fields.get(f"{which}_day", "")), _read_time(fields.get(f"{which}_time", "")), zone
    )
    quantity, unit = read_number("amount", fields.get("amount", "")), fields.get("unit", "mi")
    if unit not in UNITS:
        raise BadInput("unit", unit[:20], "choose miles, km or kWh")
    if unit == "kwh":
        return Wish(kind=RequestKind.NEED, departure_at=departure_at, energy_need_kwh=quantity)
    distance_mi = round(miles_of_km(quantity), 2) if unit == "km" else quantity
    return Wish(kind=RequestKind.NEED, departure_at=departure_at, distance_mi=distance_mi)


def read_number(field: str, text: str) -> float:
    """A plain figure with point or comma, up to 9999.99. Raises BadInput."""
    if not _NUMBER.fullmatch(text.strip()):
        raise BadInput(field, text[:20], "write a number such as 40 or 11.5")
    return float(text.strip().replace(",", "."))


def _read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput("departure_day", text[:20], "choose one of the days") from error


def _read_time(text: str) -> time:
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise BadInput("departure_time", text[:20], "enter a time such as 17:30")
    return time(int(found[1]), int(found[2]))
