"""Wall time at a site to instants and back, also on the two nights a year when that is not one to one."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from readyby.interval import utc


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant at which a site's clock shows a time of a day, in UTC.

    A time that the clock skips (a spring night) is read as the same time by the clock before the change,
    so it is an hour later on the new one. Of a time shown twice (an autumn night) the first is meant: a
    car that is ready at the earlier one is ready at both.
    """
    return utc(datetime.combine(day, at.replace(fold=0), zone))


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The site's date at an instant."""
    return instant.astimezone(zone).date()


def day_after(day: date, days: int) -> date:
    return day + timedelta(days=days)
