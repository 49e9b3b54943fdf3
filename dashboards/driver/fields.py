"""The form's fields on the full page: the plain page's own, with the phone's own wheels and keyboards.

Streamlit's selection fields open a keyboard on a phone and speak English to screen readers, whatever the page
is in.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.driver import wiring
from readyby.store.api import DriverStatus
from readyby.web.driver import DriverDesk, Wish
from readyby.web.forms import RequestForm, fresh_form, offered_days, read_wish
from readyby.web.routes import new_request_id
from readyby.web.texts import translator

KEY: Final = "fields"
NAMES: Final = ("departure_day", "departure_time", "amount", "unit")
_MOUNT: Final = st.components.v2.component(
    "readyby_fields",
    html='<div class="fields"></div>',
    js=Path(__file__).with_suffix(".js").read_text("utf-8"),
    isolate_styles=False,
)


def draw_fields(desk: DriverDesk, form: RequestForm, language: str, error_field: str = "") -> None:
    """The fields; what is typed stays as long as the form is the same one."""
    version = f"{form.request_id} {form.days[0].value} {language} {error_field}"
    html = wiring.page_maker(desk).fields(form, language, error_field)
    _MOUNT(key=KEY, data={"version": version, "html": html}, on_values_change=_take)


def _take() -> None:
    """Streamlit asks for a function; what was typed is read where it is needed."""


def current_form(desk: DriverDesk, status: DriverStatus, language: str) -> RequestForm:
    """The form of this visit: filled with what is in force, and anew where a newer request came through
    another door while nothing was changed here.
    """
    state, newest = st.session_state, status.last_request.request_id if status.last_request else ""
    if "form" not in state or (state["form_for"] != newest and typed() is None):
        now, zone = desk.clock.now(), ZoneInfo(status.site.time_zone)
        days = offered_days(now, zone, language, translator(language))
        state["form"] = fresh_form(status, now, new_request_id(), days)
        state["form_for"] = newest
    form: RequestForm = state["form"]
    return form


def forget_form() -> None:
    """After a save the next wish is another one."""
    st.session_state.pop("form", None)


def typed() -> Mapping[str, str] | None:
    """What the driver changed in the form of this visit; None where nothing was."""
    form: RequestForm | None = st.session_state.get("form")
    known: Any = st.session_state.get(KEY) or {}
    values = known.get("values") or {}
    if form is None or not str(values.get("version", "")).startswith(f"{form.request_id} "):
        return None
    return {name: str(values.get(name, ""))[:20] for name in NAMES}


def wish_of(form: RequestForm, zone: ZoneInfo) -> Wish:
    """What the fields say now. Raises BadInput, as for the plain page's form."""
    as_filled = {name: getattr(form, name) for name in NAMES}
    return read_wish(typed() or as_filled, zone)
