"""The plan strip: a car's planned power over the price of energy, in site wall time, as inline SVG.

It carries no style of its own: the page's classes color it, so it follows dark mode.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from zoneinfo import ZoneInfo

from readyby import words
from readyby.interval import Interval, floor_to, hours
from readyby.model import Step
from readyby.tariff import Rate

WIDTH, PLOT, HEIGHT = 340.0, 62.0, 82.0
QUARTER = timedelta(minutes=15)
SHORTEST = timedelta(hours=2)
LONGEST = timedelta(hours=36)
_LABEL_ROOM = 46.0
_LETTER = 6.5
_UNDER_WORDS = 20.0
"""A price above this height is written as high as the words at now and at the departure."""
_TICKS_H = (1, 2, 3, 4, 6, 8, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """What is drawn: planned power over `window`, prices, now, and the departure where there is one."""

    window: Interval
    steps: tuple[Step, ...]
    rates: tuple[Rate, ...]
    max_kw: float
    now: datetime
    departure_at: datetime | None


def window_of(now: datetime, steps: Sequence[Step], departure_at: datetime | None) -> Interval:
    """From the quarter of an hour in which the plan began (at most an hour back) to past the departure."""
    first = min((step.start_at for step in steps), default=now)
    start = floor_to(max(min(first, now), now - timedelta(hours=1)), QUARTER)
    wanted = departure_at + timedelta(minutes=30) if departure_at else now + timedelta(hours=8)
    end = min(max(wanted, start + SHORTEST), start + LONGEST)
    return Interval(start, floor_to(end, QUARTER) + QUARTER)


def blocks(strip: Strip) -> tuple[tuple[Interval, float], ...]:
    """Planned power as spans of more than nothing, in the window, until the departure."""
    found: list[tuple[Interval, float]] = []
    until = min(strip.departure_at or strip.window.end, strip.window.end)
    changes = [step.start_at for step in strip.steps[1:]] + [until]
    for step, change in zip(strip.steps, changes, strict=True):
        start, end = max(step.start_at, strip.window.start), min(change, until)
        if step.limit_kw <= 0 or start >= end:
            continue
        if found and found[-1][0].end == start and found[-1][1] == step.limit_kw:
            start = found.pop()[0].start
        found.append((Interval(start, end), step.limit_kw))
    return tuple(found)


def draw(strip: Strip, zone: ZoneInfo, language: str, _: Callable[[str], str]) -> str:
    """The SVG, with a text for those who do not see it."""
    pen = _Pen(strip, zone, _("now"), _("leave"))
    label = escape(describe_in_words(strip, zone, language, _))
    parts = [
        f'<svg class="strip" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{label}">',
        *pen.prices(),
        *pen.power(),
        *pen.price_line(),
        *pen.axis(),
        *pen.marks(),
        "</svg>",
    ]
    return "".join(parts)


def describe_in_words(strip: Strip, zone: ZoneInfo, language: str, _: Callable[[str], str]) -> str:
    """The plan as a sentence: when the car charges, and how strongly."""
    spans = [
        _("{start} to {end} at up to {power}").format(
            start=words.when(part.start, zone, language),
            end=words.clock(part.end, zone),
            power=words.power(kw),
        )
        for part, kw in blocks(strip)
        if part.end > strip.now
    ]
    return _("Charging plan: {spans}").format(spans="; ".join(spans[:8]) or _("no power planned"))


@dataclass(frozen=True, slots=True)
class _Pen:
    strip: Strip
    zone: ZoneInfo
    now_word: str
    leave_word: str

    def _x(self, instant: datetime) -> float:
        inside = min(max(instant, self.strip.window.start), self.strip.window.end)
        return WIDTH * hours(inside - self.strip.window.start) / self.strip.window.duration_h

    def prices(self) -> list[str]:
        """A step area of the price."""
        return [
            f'<rect class="price" x="{x:.1f}" y="{y:.1f}" width="{end - x:.1f}" height="{PLOT - y:.1f}"/>'
            for x, end, y, _ in self._levels()
        ]

    def price_line(self) -> list[str]:
        """The price again, in front of the car's power: as a line, each level written where there is room."""
        levels = self._levels()
        points = [f"{at:.1f},{y:.1f}" for x, end, y, _ in levels for at in (x, end)]
        drawn = [f'<polyline class="level" points="{" ".join(points)}"/>'] if points else []
        for x, end, y, price in levels:
            text = f"{price * 100:.0f}¢"
            at = self._beside_words(x + 4, y, _width(text))
            if at + _width(text) <= end:
                drawn.append(f'<text class="cents" x="{at:.1f}" y="{max(y - 3, 8):.1f}">{text}</text>')
        return drawn

    def _beside_words(self, x: float, y: float, width: float) -> float:
        """Where a price may be written from: behind the words at the top that it would lie on."""
        if y > _UNDER_WORDS:
            return x
        now_x = self._x(self.strip.now)
        for start, end in sorted([*self._word_spans().values(), (now_x, now_x)]):
            if x < end + 2 and start - 2 < x + width:
                x = end + 4
        return x

    def _word_spans(self) -> dict[str, tuple[float, float]]:
        """The room of the words at the top, by class; where they are too near, "now" gives way to "leave"."""
        now_x, strip = self._x(self.strip.now), self.strip
        spans = {"nowword": (now_x + 3, now_x + 3 + _width(self.now_word))}
        if strip.departure_at and strip.departure_at in strip.window:
            leave_x, width = self._x(strip.departure_at), _width(self.leave_word)
            before, behind = (leave_x - 3 - width, leave_x - 3), (leave_x + 3, leave_x + 3 + width)
            on_now = before[0] < now_x + 1 < leave_x + 1 and behind[1] <= WIDTH
            spans["leaveword"] = behind if on_now else before
            if now_x <= leave_x and min(leave_x, spans["leaveword"][0]) < spans["nowword"][1]:
                del spans["nowword"]
        return spans

    def _levels(self) -> list[tuple[float, float, float, float]]:
        """Each price as (from x, to x, y, price)."""
        top = max((rate.price_usd_per_kwh for rate in self.strip.rates), default=0.0)
        if top <= 0:
            return []
        return [
            (
                self._x(rate.interval.start),
                self._x(rate.interval.end),
                PLOT - PLOT * 0.8 * max(rate.price_usd_per_kwh, 0.0) / top,
                rate.price_usd_per_kwh,
            )
            for rate in self.strip.rates
        ]

    def power(self) -> list[str]:
        """Planned power as bars; what lies behind `now` is paler."""
        scale = PLOT * 0.8 / self.strip.max_kw if self.strip.max_kw > 0 else 0.0
        drawn = []
        for part, kw in blocks(self.strip):
            past, ahead = _split(part, self.strip.now)
            for span, name in ((past, "power past"), (ahead, "power")):
                if span:
                    x, end = self._x(span.start), self._x(span.end)
                    drawn.append(
                        f'<rect class="{name}" x="{x:.1f}" y="{PLOT - scale * kw:.1f}" '
                        f'width="{max(end - x, 1):.1f}" height="{scale * kw:.1f}"/>'
                    )
        return drawn

    def axis(self) -> list[str]:
        """A base line with full hours of wall time, as many as fit."""
        step_h = next((h for h in _TICKS_H if WIDTH / self.strip.window.duration_h * h >= _LABEL_ROOM), 24)
        drawn = [f'<line class="base" x1="0" y1="{PLOT:g}" x2="{WIDTH:g}" y2="{PLOT:g}"/>']
        for instant in _full_hours(self.strip.window, self.zone, step_h):
            x = self._x(instant)
            drawn.append(f'<line class="tick" x1="{x:.1f}" y1="{PLOT:g}" x2="{x:.1f}" y2="{PLOT + 4:g}"/>')
            if 16 <= x <= WIDTH - 16:
                text = words.hour(instant, self.zone)
                drawn.append(f'<text class="hour" x="{x:.1f}" y="{HEIGHT - 4:g}">{text}</text>')
        return drawn

    def marks(self) -> list[str]:
        now_x, spans = self._x(self.strip.now), self._word_spans()
        drawn = [f'<line class="now" x1="{now_x:.1f}" y1="0" x2="{now_x:.1f}" y2="{PLOT + 3:g}"/>']
        if "nowword" in spans:
            x = spans["nowword"][0]
            drawn.append(f'<text class="nowword" x="{x:.1f}" y="8">{escape(self.now_word)}</text>')
        if "leaveword" in spans:
            x, line_x = spans["leaveword"][1], self._x(self.strip.departure_at or self.strip.now)
            drawn.append(
                f'<line class="leave" x1="{line_x:.1f}" y1="0" x2="{line_x:.1f}" y2="{PLOT + 3:g}"/>'
                f'<text class="leaveword" x="{x:.1f}" y="8">{escape(self.leave_word)}</text>'
            )
        return drawn


def _width(text: str) -> float:
    """The room of a word at the strip's size of letters, generously."""
    return _LETTER * len(text)


def _split(part: Interval, at: datetime) -> tuple[Interval | None, Interval | None]:
    """What of a span lies before an instant, and what from it on."""
    past = Interval(part.start, min(part.end, at)) if part.start < at else None
    ahead = Interval(max(part.start, at), part.end) if part.end > at else None
    return past, ahead


def _full_hours(window: Interval, zone: ZoneInfo, step_h: int) -> list[datetime]:
    """Instants in the window at which the site's clock shows a full hour divisible by the step."""
    start = floor_to(window.start, QUARTER)
    count = int(window.duration / QUARTER) + 1
    quarters = (start + QUARTER * index for index in range(count))
    return [
        quarter
        for quarter in quarters
        if quarter in window
        and quarter.astimezone(zone).minute == 0
        and quarter.astimezone(zone).hour % step_h == 0
    ]
