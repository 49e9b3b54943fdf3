"""The plain page as HTML: one document of a few kilobytes that needs no script and loads nothing else."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from readyby import links, words
from readyby.emissions import Emissions
from readyby.errors import BadInput, ReadyByError
from readyby.estimate import Saving, estimate, stay_of
from readyby.interval import Interval
from readyby.model import Site
from readyby.requests import MOST_KWH, MOST_MI
from readyby.store.api import DriverStatus
from readyby.tariff import Rate
from readyby.web.driver import Wish
from readyby.web.foresight import Outlook, later_time
from readyby.web.forms import RequestForm
from readyby.web.prices import Prices
from readyby.web.shell import Shell
from readyby.web.strip import Strip, describe_in_words, draw, window_of
from readyby.web.texts import translator
from readyby.web.view import DriverView, Phase, amount, amount_in_full, describe, figure, preferred_unit

TEMPLATES = Path(__file__).with_name("templates")
STRIP_CSS = (TEMPLATES / "tokens.css").read_text() + (TEMPLATES / "strip.css").read_text()
SHARED_CSS = STRIP_CSS + (TEMPLATES / "shared.css").read_text()
FULL_CSS = SHARED_CSS + (TEMPLATES / "full.css").read_text()
CSS = SHARED_CSS + (TEMPLATES / "page.css").read_text()
JOIN_CSS = (TEMPLATES / "join.css").read_text()
SCRIPT = (TEMPLATES / "live.js").read_text()
SVG = "http://www.w3.org/2000/svg"
LANGUAGE_NAMES = {"en": "English", "es": "Español"}

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def _hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src {_hash_source(CSS)}",
        f"script-src {_hash_source(SCRIPT)}",
        "connect-src 'self'",
        "img-src data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""What the plain pages may load: their own style and script, by hash, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A wish that falls short, before it is saved: what there will be, and the way to have it all."""

    text: str
    later_day: str = ""
    later_time: str = ""
    later_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNote:
    """What happened just before the page was made: a saved request, or an error at a field."""

    saved: bool = False
    error: str = ""
    error_field: str = ""
    choice: Choice | None = None
    again: str = ""


@dataclass(frozen=True, slots=True)
class PageMaker:
    """Makes the pages of an installation."""

    brand: str
    prices: Prices
    emissions: Emissions | None = None

    def driver_page(
        self, status: DriverStatus, now: datetime, language: str, form: RequestForm | None, note: PageNote
    ) -> str:
        """The whole page; without `form` (an ended session) it only tells."""
        _ = translator(language)
        view = self.view(status, now, language)
        return self._render(
            "driver.html",
            language,
            **self._status(status, view, now, language),
            form=form,
            path=links.page_path(view.session_ref),
            **_heading(status, language, "?"),
            saved=saved_text(status, language) if note.saved else "",
            error=note.error,
            error_field=note.error_field,
            choice=note.choice,
            again=note.again,
            undo=note.saved,
            script=Markup(SCRIPT),  # noqa: S704 - a file of this package
        )

    def full_page(self, status: DriverStatus, now: datetime, language: str, shell: Shell) -> str:
        """The document that loads the full page, with the status to read until that is there."""
        view = self.view(status, now, language)
        return self._render(
            "full.html",
            language,
            shell=shell,
            path=links.page_path(view.session_ref),
            **_heading(status, language, f"/?s={view.session_ref}&"),
            **self._status(status, view, now, language),
        )

    def heading(self, status: DriverStatus, language: str) -> str:
        """The head of the full page."""
        here = f"/?s={status.session.session_ref}&"
        return self._render("header.html", language, **_heading(status, language, here))

    def fields(self, form: RequestForm, language: str, error_field: str = "") -> str:
        """The form's fields, for the full page."""
        return self._render("fields.html", language, form=form, error_field=error_field)

    def status_part(self, status: DriverStatus, now: datetime, language: str) -> str:
        """The part that the page fetches again while it is open."""
        view = self.view(status, now, language)
        return self._render("status.html", language, **self._status(status, view, now, language))

    def status_for_streamlit(self, status: DriverStatus, now: datetime, language: str) -> str:
        """The same, its strip as an image: Streamlit takes drawings out of the markup that it shows."""
        view = self.view(status, now, language)
        shown = self._status(status, view, now, language, draw_strip=draw_image)
        return self._render("status.html", language, **shown)

    def _status(
        self,
        status: DriverStatus,
        view: DriverView,
        now: datetime,
        language: str,
        draw_strip: Callable[[Strip, ZoneInfo, str, Callable[[str], str]], str] = draw,
    ) -> dict[str, object]:
        """What status.html shows."""
        strip = strip_of(status, view, now, self.rates)
        drawn = draw_strip(strip, view.zone, language, translator(language)) if strip else ""
        return {
            "view": view,
            "left_now": left_now(status, view, translator(language)),
            "strip": Markup(drawn),  # noqa: S704 - figures and escaped words
            "zone_note": zone_note(status.site, now, language),
        }

    def view(self, status: DriverStatus, now: datetime, language: str) -> DriverView:
        """What both weights of the page tell."""
        return describe(
            status, now, language, translator(language), saving=self._saving(status, now), in_full=True
        )

    def _saving(self, status: DriverStatus, now: datetime) -> Saving | None:
        """An estimate, where prices over the whole stay are known."""
        stay = stay_of(status)
        if stay is None:
            return None
        return estimate(status, now, self.rates(status.site, stay), self._co2(stay))

    def _co2(self, stay: Interval) -> tuple[tuple[Interval, float], ...] | None:
        try:
            return self.emissions.rates(stay) if self.emissions else None
        except ReadyByError:
            return None

    def message(self, language: str, title: str, text: str, again: str = "") -> str:
        """A page that says one thing."""
        return self._render("message.html", language, title=title, text=text, again=again)

    def join_page(self, language: str, **values: object) -> str:
        """A step of the enrollment page."""
        other = "en" if language == "es" else "es"
        return self._render(
            "join.html",
            language,
            other_language=other,
            other_language_name=LANGUAGE_NAMES[other],
            **values,
        )

    def rates(self, site: Site, window: Interval) -> tuple[Rate, ...]:
        """Prices over a window; none where the tariff cannot be read, for a page must not fail over it."""
        try:
            return self.prices.rates(site, window)
        except ReadyByError:
            return ()

    def _render(self, template: str, language: str, **values: object) -> str:
        return _environment.get_template(template).render(
            language=language,
            brand=self.brand,
            css=Markup(CSS),  # noqa: S704 - a file of this package
            full_css=Markup(FULL_CSS),  # noqa: S704 - a file of this package
            join_css=Markup(JOIN_CSS),  # noqa: S704 - a file of this package
            _=translator(language),
            **values,
        )


def draw_image(strip: Strip, zone: ZoneInfo, language: str, _: Callable[[str], str]) -> str:
    """The strip as an image element that carries its own colors, for light and for dark."""
    svg = draw(strip, zone, language, _)
    svg = svg.replace(
        "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" font-family="system-ui,sans-serif" ', 1
    )
    svg = svg.replace(">", f"><style>{STRIP_CSS}</style>", 1)
    source = base64.b64encode(svg.encode()).decode()
    label = escape(describe_in_words(strip, zone, language, _))
    return f'<img class="strip" alt="{label}" src="data:image/svg+xml;base64,{source}">'


def _heading(status: DriverStatus, language: str, here: str) -> dict[str, str]:
    """What header.html shows; `here` is the page's address, open for one more parameter."""
    other = other_language(language)
    return {
        "place": f"{status.session.evse_id} · {status.site.name}",
        "here": here,
        "other_language": other,
        "other_language_name": LANGUAGE_NAMES[other],
    }


def other_language(language: str) -> str:
    """The language that a page offers to change to."""
    return next(code for code in LANGUAGE_NAMES if code != language)


def left_now(status: DriverStatus, view: DriverView, _: Callable[[str], str]) -> str:
    """What the car has already, for a driver who thinks of going."""
    if view.progress is None or status.session.delivered_kwh < 0.1:
        return ""
    so_far = amount_in_full(status.session.delivered_kwh, view.unit, status.wh_per_mi)
    return _("If you left now: {amount}").format(amount=so_far)


def choice_of(outlook: Outlook, wish: Wish, status: DriverStatus, language: str) -> Choice:
    """What to tell about a wish that falls short, and the later time that would do."""
    _, zone = translator(language), ZoneInfo(status.site.time_zone)
    unit = "kwh" if wish.energy_need_kwh is not None else "mi"
    departure_at, need_kwh = outlook.request.departure_at, outlook.request.energy_need_kwh or 0.0
    text = _("{possible} of {need} by {when}").format(
        possible=figure(outlook.possible_kwh, unit, status.wh_per_mi),
        need=amount(need_kwh, unit, status.wh_per_mi),
        when=words.when(departure_at, zone, language) if departure_at else "",
    )
    later = later_time(outlook)
    if later is None:
        return Choice(text=text + ".")
    when, local = words.when(later, zone, language), later.astimezone(zone)
    return Choice(
        text=f"{text}; {_('all of it by {when}.').format(when=when)}",
        later_day=local.date().isoformat(),
        later_time=f"{local:%H:%M}",
        later_label=_("Leave {when} instead").format(when=when),
    )


def again_text(wish: Wish, status: DriverStatus, language: str) -> str:
    """The last answer as a button that repeats it."""
    if wish.departure_at is None:
        return ""
    in_kwh, zone = wish.energy_need_kwh is not None, ZoneInfo(status.site.time_zone)
    said = words.energy(wish.energy_need_kwh or 0.0) if in_kwh else words.distance(wish.distance_mi or 0.0)
    text = translator(language)("Same as last time: {amount} by {when}")
    return text.format(amount=said, when=words.when(wish.departure_at, zone, language))


def strip_of(
    status: DriverStatus,
    view: DriverView,
    now: datetime,
    rates: Callable[[Site, Interval], tuple[Rate, ...]],
) -> Strip | None:
    """What the plan strip draws; None for a session that no plan controls."""
    planned = status.planned
    if view.phase is Phase.ENDED or planned is None or not planned.controlled:
        return None
    evse = next((evse for evse in status.site.evses if evse.evse_id == status.session.evse_id), None)
    window = window_of(now, planned.steps, planned.departure_at)
    return Strip(
        window=window,
        steps=planned.steps,
        rates=rates(status.site, window),
        max_kw=evse.max_kw if evse else max(step.limit_kw for step in planned.steps),
        now=now,
        departure_at=planned.departure_at,
    )


def zone_note(site: Site, now: datetime, language: str) -> str:
    """Whose wall time the strip shows."""
    local = now.astimezone(ZoneInfo(site.time_zone))
    return translator(language)("times in {zone}").format(zone=local.tzname())


def saved_text(status: DriverStatus, language: str) -> str:
    """The newest request in force, said back in full, so that a slip is seen at once."""
    _, request = translator(language), status.last_request
    if request is None:
        return ""
    if request.energy_need_kwh is None or request.departure_at is None:
        return _("Saved.")
    return _("Saved: {amount} by {when}.").format(
        amount=amount_in_full(request.energy_need_kwh, preferred_unit(request), status.wh_per_mi),
        when=words.when(request.departure_at, ZoneInfo(status.site.time_zone), language),
    )


def error_text(error: BadInput, language: str) -> tuple[str, str]:
    """What to tell about a refused field, and the form's name of it."""
    _ = translator(language)
    if error.field.startswith("departure"):
        return _("Departure: {remedy}.").format(remedy=_(error.remedy)), "departure"
    if error.field in ("amount", "energy_need_kwh", "distance_mi"):
        text = _("Needed for the next trip: write a number above 0, of {mi} miles or {kwh} kWh at most.")
        return text.format(mi=f"{MOST_MI:g}", kwh=f"{MOST_KWH:g}"), "amount"
    return _("That did not work: {remedy}.").format(remedy=_(error.remedy)), error.field
