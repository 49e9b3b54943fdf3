"""What the terminal shows: start-up as it happens, then one screen of the running demo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console, Group, RenderableType
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

_WIDE = 100
_JOURNAL_FRAME = 3
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


def draw(now: Snapshot, width: int = 110, height: int = 30, parts: Sequence[PartLine] = ()) -> RenderableType:
    """The one screen; the journal takes what the other parts leave of `height` lines."""
    above = Group(
        _headline(now, parts, width),
        Panel(_load(now), title="site load", title_align="left", box=box.ROUNDED),
        *_links_and_counts(now, width),
    )
    taken = len(Console(width=width).render_lines(above))
    shown = max(1, height - taken - _JOURNAL_FRAME)
    return Group(
        above,
        Panel(_journal(now, shown), title="newest events", title_align="left", box=box.ROUNDED),
        Text(" Ctrl-C stops everything; the next start goes on from here.", style="dim"),
    )


def _links_and_counts(now: Snapshot, width: int) -> Sequence[RenderableType]:
    """Beside each other where there is room for both, else one below the other and closer together."""
    beside = width >= _WIDE
    links = Panel(_urls(now), title="open", title_align="left", box=box.ROUNDED)
    columns = 1 if beside else 2
    counts = Panel(_counts(now, columns), title="so far", title_align="left", box=box.ROUNDED)
    return (_side_by_side(links, counts),) if beside else (links, counts)


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


def _headline(now: Snapshot, parts: Sequence[PartLine], width: int) -> RenderableType:
    line = Text.assemble(("ReadyBy", "bold"), "  ")
    if now.domain_at is None:
        line.append("core does not answer; it is being started again", style="yellow")
    else:
        wall = now.domain_at.astimezone(ZoneInfo(now.time_zone))
        line.append(f"{wall:%A %Y-%m-%d %H:%M} {now.time_zone}", style="bold cyan")
    reached = f" ({now.speed_reached:.0f} reached)" if now.speed_reached is not None else ""
    times = f"{now.speed_asked:g} times as fast as life" if width >= _WIDE else f"{now.speed_asked:g}x"
    line.append(f"  {times}{reached}", style="dim")
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


def _counts(now: Snapshot, columns: int) -> RenderableType:
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
    cells = [cell for name, value in rows.items() for cell in (Text(name, style="dim"), value)]
    for start in range(0, len(cells), 2 * columns):
        table.add_row(*cells[start : start + 2 * columns])
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
