"""What every page has: the site's time, the feed's age, and who is in control; anew every two seconds."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.monitor import wiring
from readyby.circuits import unclaimed_circuits
from readyby.errors import NotFound, ReadyByError
from readyby.model import Site, SiteId
from readyby.store.api import Pending, ReadPending, ReadSendingHold, ReadSituation, SendingHold, SituationData

EVERY = timedelta(seconds=2)
FRESH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """One look at the site, the same for all parts of a page."""

    desk: wiring.Desk
    at: datetime
    situation: SituationData
    pending: Pending
    held: SendingHold | None

    @property
    def site(self) -> Site:
        return self.situation.site

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.time_zone)

    def wall(self, instant: datetime) -> datetime:
        """Site wall time without a zone: charts would draw any other in the browser's."""
        return instant.astimezone(self.zone).replace(tzinfo=None)


Page = Callable[[Now], None]


def framed(page: Page) -> Callable[[], None]:
    """The page below the common head, drawn anew as time goes on."""

    @st.fragment(run_every=EVERY)
    def draw() -> None:
        try:
            now = look(wiring.current())
        except NotFound:
            st.info("Nothing is known of the site yet: core has just started.")
            return
        except ReadyByError as error:
            st.error(f"Core does not answer, so nothing can be shown: {error}")
            return
        head(now)
        page(now)

    @functools.wraps(page)
    def show() -> None:
        draw()

    return show


def look(desk: wiring.Desk) -> Now:
    """Read what all pages need. Raises NotFound (no site yet), Unreachable."""
    at = desk.clock.now()
    site_id = SiteId(desk.settings.site_id)
    situation = desk.store.ask(ReadSituation(site_id=site_id, now=at))
    return Now(
        desk=desk,
        at=at,
        situation=situation,
        pending=desk.store.ask(ReadPending()),
        held=desk.store.ask(ReadSendingHold()),
    )


def head(now: Now) -> None:
    """The site's name and time, and its state in a few colored words."""
    left, right = st.columns([3, 4], vertical_alignment="center")
    left.markdown(f"**{now.site.name}**  \n{now.wall(now.at):%A %Y-%m-%d %H:%M} {now.site.time_zone}")
    right.markdown(" ".join(_badges(now)), text_alignment="right")


def _badges(now: Now) -> list[str]:
    control = (
        ":orange-badge[released: control is paused]"
        if now.situation.control_paused
        else ":green-badge[controlled]"
    )
    safety = (
        ":green-badge[limit safety claimed]"
        if now.site.limit_safety == "claimed" and not unclaimed_circuits(now.site)
        else ":red-badge[limit safety not claimed]"
    )
    speed = now.desk.clock.speed
    scaled = [f":gray-badge[{speed:g} times as fast as life]"] if speed != 1.0 else []
    held = [f":red-badge[messages wait: carrier says {now.held.code}]"] if now.held else []
    return [feed_badge(now.pending.feed_as_of, now.at), control, safety, *held, *scaled]


def feed_badge(as_of: datetime | None, at: datetime) -> str:
    """How old the newest word of the charging network is."""
    if as_of is None:
        return ":orange-badge[no feed yet]"
    age = max(timedelta(0), at - as_of)
    if age > FRESH:
        return f":red-badge[feed is {age.total_seconds() / 60:.0f} min old]"
    return f":green-badge[feed {age.total_seconds():.0f} s old]"
