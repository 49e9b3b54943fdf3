"""Shows the demo to whoever looks: live at a terminal, as plain lines elsewhere."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.live import Live

from readyby.demo.part import Part
from readyby.demo.screen import PartLine, Snapshot, draw, draw_start
from readyby.demo.supervisor import PartState


class Stage(Protocol):
    """What the demo says while it lives."""

    def tell(self, part: Part, state: PartState, detail: str) -> None:
        """A part reached a state."""
        ...

    def show(self, now: Snapshot) -> None:
        """One look at the running demo."""
        ...

    def say(self, text: str) -> None:
        """One line for people."""
        ...

    def refresh(self) -> None:
        """Time has passed."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class PlainStage:
    """Lines, each once: for logs, pipes and tests."""

    EVERY_S = 10.0

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._shown_at = 0.0

    def tell(self, part: Part, state: PartState, detail: str) -> None:
        if state not in (PartState.WAITING, PartState.STOPPED):
            self.say(f"{part.name}: {state}{f' ({detail})' if detail else ''}")

    def show(self, now: Snapshot) -> None:
        if time.monotonic() - self._shown_at < self.EVERY_S or now.counts is None or now.domain_at is None:
            return
        if not self._shown_at:
            self.say("open: " + ", ".join(f"{name} {url}" for name, url in now.urls.items()))
        self._shown_at = time.monotonic()
        counts, local = now.counts, now.domain_at.astimezone(ZoneInfo(now.time_zone))
        self.say(
            f"{local:%a %Y-%m-%d %H:%M}: {counts.sessions_active} active, "
            f"{counts.welcome_sms} welcomed, {counts.requests} requests, {counts.plans} plans, "
            f"{now.site_kw or 0:.1f} of {now.limit_kw:g} kW"
        )

    def say(self, text: str) -> None:
        elapsed = time.monotonic() - self._began
        self._console.print(f"{elapsed:6.1f} s  {text}", markup=False, highlight=False, soft_wrap=True)

    def refresh(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class LiveStage:
    """A terminal: parts coming up in place, then the one screen, then what was said at the end."""

    def __init__(self, console: Console, folder: str) -> None:
        self._console = console
        self._folder = folder
        self._parts: dict[str, tuple[PartState, float, float | None, str]] = {}
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._on_screen = False
        self._said: list[str] = []

    def tell(self, part: Part, state: PartState, detail: str) -> None:
        now = time.monotonic()
        _, began, _, _ = self._parts.get(part.name, (state, now, None, ""))
        if state is PartState.STARTING:
            began = now
        still = state in (PartState.WAITING, PartState.STARTING, PartState.RESTARTING)
        self._parts[part.name] = (state, began, None if still else now, detail)
        if not self._on_screen:
            self.refresh()

    def refresh(self) -> None:
        """Draw the start-up anew, so that its seconds run."""
        if not self._on_screen:
            self._live.update(draw_start(self._lines(), self._folder), refresh=True)

    def show(self, now: Snapshot) -> None:
        if not self._on_screen:
            self._live.stop()
            self._live = Live(console=self._console, auto_refresh=False, screen=True)
            self._live.start()
            self._on_screen = True
        self._live.update(draw(now, self._console.width, self._console.height, self._lines()), refresh=True)

    def say(self, text: str) -> None:
        if self._on_screen:
            self._live.stop()
            self._on_screen = False
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _lines(self) -> Sequence[PartLine]:
        now = time.monotonic()
        return [
            PartLine(name=name, state=state, seconds=(ended or now) - began, detail=detail)
            for name, (state, began, ended, detail) in self._parts.items()
        ]

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
