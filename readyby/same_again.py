"""What a driver asked for the last time, meant for today: the same need, by the same time of day. Pure."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from readyby import words
from readyby.energy import miles_of_kwh
from readyby.heard.moment import LEAST_AHEAD
from readyby.wall import instant_of, local_date

_DAYS: Final = 2


def same_again(last_departure_at: datetime, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The next time that the site's clock shows the last departure's time of day, in UTC.

    None where the clock skips that time, or shows it too soon to charge and not again within a day.
    """
    at = last_departure_at.astimezone(zone).time().replace(second=0, microsecond=0)
    for ahead in range(_DAYS):
        departure_at = instant_of(local_date(now, zone) + timedelta(days=ahead), at, zone)
        if departure_at >= now + LEAST_AHEAD:
            shown = departure_at.astimezone(zone).time()
            return departure_at if (shown.hour, shown.minute) == (at.hour, at.minute) else None
    return None


def offer(
    departure_at: datetime,
    energy_need_kwh: float,
    *,
    in_miles: bool,
    wh_per_mi: float,
    zone: ZoneInfo,
    language: str,
) -> str:
    """An answer to be repeated, in few words: `40 mi by Wed 5:30 PM`."""
    amount = (
        words.distance(miles_of_kwh(energy_need_kwh, wh_per_mi))
        if in_miles
        else words.energy(energy_need_kwh)
    )
    by = "para" if language == "es" else "by"
    return f"{amount} {by} {words.when(departure_at, zone, language)}"
