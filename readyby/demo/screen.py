"""What the terminal shows: start-up as it happens, then one screen of the running demo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from readyby.demo.supervisor import PartState
from readyby.store.api import Counts, JournalLine

_SPARK = "▁▂▃▄▅▆▇█"
_SIGNS = {
    PartState.WAITING: ("·", "dim"),
    PartState.STARTING: ("◐", "yellow"),
    PartState.UP: ("●", "green"),
    PartState.DONE: ("✓", "green"),
    PartState.RESTARTING: ("↻", "yellow"),
    PartState.FAILED: ("✗", "red"),
    PartState.STOPPED: ("○", "dim"),
}

_TROUBLED = (PartState.RESTARTING, PartState.STARTING, PartState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLine:
    """One part during start-up: its state, since how many seconds, and what it last said."""

    name: str
    state: PartState
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One look at the running demo; None where core did not answer."""

    domain_at: datetime | None
    time_zone: str
    speed_asked: float
    speed_reached: float | None
    site_kw: float | None
    limit_kw: float
    recent_kw: Sequence[float]
    counts: Counts | None
    journal: Sequence[JournalLine]
    urls: Mapping[str, str]
    control_paused: bool = False


def draw_start(parts: Sequence[PartLine], folder: str) -> RenderableType:
    """The parts coming up."""
    table = Table(box=None, show_header=False, padding=(0, 1))
    for part in parts:
        sign, style = _SIGNS[part.state]
        table.add_row(
            Text(sign, style=style),
            part.name,
            Text(part.state, style=style),
            Text(f"{part.seconds:4.1f} s", style="dim"),
            Text(part.detail, style="dim", overflow="ellipsis", no_wrap=True),
        )
    title = "[bold]ReadyBy[/] is starting: the whole system, with a simulated outside"
    return Panel(
        table, title=title, title_align="left", subtitle=folder, subtitle_align="right", box=box.ROUNDED
    )


def draw(now: Snapshot, height: int = 30, parts: Sequence[PartLine] = ()) -> RenderableType:
    """The one screen; the journal takes what the other parts leave of `height` lines."""
    shown = max(3, height - 18)
    return Group(
        _headline(now, parts),
        Panel(_load(now), title="site load", title_align="left", box=box.ROUNDED),
        _side_by_side(
            Panel(_urls(now), title="open", title_align="left", box=box.ROUNDED),
            Panel(_counts(now), title="so far", title_align="left", box=box.ROUNDED),
        ),
        Panel(_journal(now, shown), title="newest events", title_align="left", box=box.ROUNDED),
        Text(" Ctrl-C stops everything; the next start goes on from here.", style="dim"),
    )


def _side_by_side(left: RenderableType, right: RenderableType) -> RenderableType:
    table = Table.grid(expand=True)
    table.add_column()
    table.add_column(ratio=1)
    table.add_row(left, right)
    return table


def spark(values: Sequence[float], top: float, width: int = 60) -> str:
    """The newest values as a row of blocks, the highest block standing for `top`."""
    steps = len(_SPARK) - 1
    return "".join(_SPARK[max(0, min(steps, round(value / top * steps)))] for value in values[-width:])


def _headline(now: Snapshot, parts: Sequence[PartLine]) -> RenderableType:
    line = Text.assemble(("ReadyBy", "bold"), "  ")
    if now.domain_at is None:
        line.append("core does not answer; it is being started again", style="yellow")
    else:
        wall = now.domain_at.astimezone(ZoneInfo(now.time_zone))
        line.append(f"{wall:%A %Y-%m-%d %H:%M} {now.time_zone}", style="bold cyan")
    reached = f", {now.speed_reached:.0f} reached" if now.speed_reached is not None else ""
    line.append(f"   {now.speed_asked:g} times as fast as life{reached}", style="dim")
    notes = [f"{part.name} {part.state}" for part in parts if part.state in _TROUBLED]
    if now.control_paused:
        notes.append("control is paused: cars are released")
    return Group(line, Text("  ".join(notes), style="yellow")) if notes else line


def _load(now: Snapshot) -> RenderableType:
    kw = now.site_kw or 0.0
    style = "red" if kw > now.limit_kw else "green"
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    told = "-" if now.site_kw is None else f"{kw:.1f}"
    table.add_row(
        Text(f"{told} of {now.limit_kw:g} kW", style=style),
        ProgressBar(total=now.limit_kw, completed=min(kw, now.limit_kw), complete_style=style),
    )
    table.add_row(Text("earlier", style="dim"), Text(spark(now.recent_kw, now.limit_kw), style="cyan"))
    return table


def _urls(now: Snapshot) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 1))
    for name, url in now.urls.items():
        table.add_row(name, Text(url, style=f"underline blue link {url}", no_wrap=True))
    return table


def _counts(now: Snapshot) -> RenderableType:
    if now.counts is None:
        return Text("-", style="dim")
    counts = now.counts
    states = counts.commands
    rows = {
        "sessions": f"{counts.sessions_seen} seen, {counts.sessions_active} active",
        "welcomes": f"{counts.welcome_sms} of {counts.eligible_sessions} eligible",
        "requests": str(counts.requests),
        "plans": str(counts.plans),
        "commands": f"{sum(states.values())}: {states.get('verified', 0)} verified, "
        f"{states.get('not_followed', 0)} not followed",
        "runs": f"{counts.runs_in_run + counts.runs_bare}, {counts.runs_unrecorded} to record",
        "meter values": f"{counts.meter_values}, {counts.quarantined} in quarantine",
        "promises": ", ".join(f"{number} {word}" for word, number in sorted(counts.settled.items())) or "-",
    }
    table = Table(box=None, show_header=False, padding=(0, 1))
    for name, value in rows.items():
        table.add_row(Text(name, style="dim"), value)
    return table


def _journal(now: Snapshot, lines: int) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 1))
    zone = ZoneInfo(now.time_zone)
    for line in list(now.journal)[:lines]:
        table.add_row(
            Text(f"{line.at.astimezone(zone):%H:%M}", style="dim"),
            Text(line.kind, style="cyan", no_wrap=True),
            Text(line.text, overflow="ellipsis", no_wrap=True),
        )
    return table
