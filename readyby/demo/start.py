"""How a demo begins: which folder, which day and time, which ports; anew, or on from where it stopped."""

from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from readyby.demo.folder import DemoFolder, DemoStart, open_folder, read_mark
from readyby.demo.parts import SITE_ID, demo_settings
from readyby.demo.ports import FIELDS, choose_ports
from readyby.errors import Misconfigured
from readyby.settings import Settings
from readyby.sites import load_site
from readyby.wall import instant_of

ON_SCREEN = time(6, 30)
MEASURED = time(5, 0)
MEASURED_FOLDER = "until-served"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for on the command line; None where nothing was."""

    speed: float
    until_served: int | None = None
    as_json: bool = False
    day: str | None = None
    state_dir: Path | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A folder taken, and the settings of the demo in it; `goes_on` if it was there before."""

    folder: DemoFolder
    settings: Settings
    goes_on: bool


def begin(wish: Wish, settings: Settings) -> Begun:
    """Take the folder and settle day, time and ports.

    A run until so many are served starts afresh in a folder of its own, unless one was named: its figures
    are to be those of that run.

    Raises:
        Misconfigured: folder, day or port cannot be had; names the remedy.
    """
    measured = wish.until_served is not None and wish.state_dir is None
    path = wish.state_dir or settings.state_dir / (MEASURED_FOLDER if measured else ".")
    folder = open_folder(path, fresh=wish.fresh or measured)
    try:
        start = _start(wish, settings, folder)
        ports = choose_ports(settings, start.ports)
        goes_on = bool(start.ports)
        start = folder.move(start, speed=wish.speed, ports=ports)
    except BaseException:
        folder.close()
        raise
    return Begun(
        folder=folder,
        settings=demo_settings(
            settings,
            state_dir=folder.path,
            ports=ports,
            day=start.day,
            seed=start.seed,
            start=start.domain_start,
            speed=wish.speed,
        ),
        goes_on=goes_on,
    )


def follow_demo(settings: Settings) -> Settings:
    """The settings of the demo on this state folder, if there is one: its ports and its speed.

    Raises:
        Misconfigured: its mark is not readable.
    """
    start = read_mark(settings.state_dir)
    if start is None or set(start.ports) != set(FIELDS):
        return settings
    return demo_settings(
        settings,
        state_dir=settings.state_dir,
        ports=start.ports,
        day=start.day,
        seed=start.seed,
        start=start.domain_start,
        speed=start.speed,
    )


def _start(wish: Wish, settings: Settings, folder: DemoFolder) -> DemoStart:
    earlier = folder.started()
    if earlier is not None:
        if wish.day not in (None, earlier.day):
            raise Misconfigured(
                f"--day: {folder.path} is in the middle of {earlier.day}; "
                "start anew with --fresh, or choose another folder with --state-dir"
            )
        return earlier
    day = wish.day or settings.demo_day
    zone = ZoneInfo(load_site(settings.data_dir, SITE_ID).time_zone)
    at = MEASURED if wish.until_served is not None else ON_SCREEN
    return DemoStart(
        day=day, seed=settings.demo_seed, domain_start=_instant(day, at, zone), speed=wish.speed, ports={}
    )


def _instant(day: str, at: time, zone: ZoneInfo) -> datetime:
    try:
        return instant_of(date.fromisoformat(day), at, zone)
    except ValueError as error:
        raise Misconfigured(
            f"--day: {day!r} is no date; write it as 2019-07-24, a day of data/sessions"
        ) from error
