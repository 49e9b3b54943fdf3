"""The full page's request: what would come of it is shown before it is saved.

A press of a button is carried out before anything is drawn, so that the status above the form is never
older than what the driver just did.
"""

from collections.abc import Callable, Mapping
from html import escape
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.driver.fields import current_form, draw_fields, forget_form, typed, wish_of
from readyby import words
from readyby.errors import BadInput, Conflict, ReadyByError
from readyby.model import Channel, RequestKind, SessionRef
from readyby.store.api import DriverStatus
from readyby.web.driver import DriverDesk, Wish
from readyby.web.foresight import Outlook, foresee
from readyby.web.forms import read_wish
from readyby.web.page import again_text, choice_of, error_text, saved_text
from readyby.web.texts import translator
from readyby.web.view import amount

Making = Callable[[], Wish]


def request_part(desk: DriverDesk, status: DriverStatus, language: str) -> None:
    """The form, its outlook, and the ways out of it. The outlook is drawn last: planning takes a moment."""
    _, zone = translator(language), ZoneInfo(status.site.time_zone)
    _show_note(desk, status, language)
    form = current_form(desk, status, language)

    def press(label: str, make: Making, key: str) -> None:
        st.button(label, width="stretch", key=key, on_click=_submit, args=(desk, status, make, language))

    with st.container(key="ask"):
        _offer_again(desk, status, language, press)
        draw_fields(desk, form, language)
        outlook = st.container(key="outlook")
        saving = st.container(key="saving").empty()
        known_short = _is_known_short(status, zone)
        with saving:
            press(_save_label(status, _, short=known_short), lambda: wish_of(form, zone), "save")
        left, right = st.columns(2)
        with left:
            press(_("Charge now"), lambda: Wish(kind=RequestKind.CHARGE_NOW), "charge_now")
        with right:
            press(_("Stop controlling my car"), lambda: Wish(kind=RequestKind.RELEASE), "release")
    with outlook:
        short = _outlook(desk, status, language, press)
    if short != known_short:
        with saving:
            press(_save_label(status, _, short=short), lambda: wish_of(form, zone), "save_as_seen")


def _save_label(status: DriverStatus, _: Callable[[str], str], *, short: bool) -> str:
    """What a tap will do, in the plain page's words."""
    if short:
        return _("Save it anyway")
    return _("Save changes") if status.last_request else _("Save")


def _is_known_short(status: DriverStatus, zone: ZoneInfo) -> bool:
    """Whether the wish in the form was planned already, and falls short."""
    asked, outlook = st.session_state.get("outlook_of", (None, None))
    try:
        wish = wish_of(st.session_state["form"], zone)
    except BadInput:
        return False
    return outlook is not None and asked == (wish, status.plan_version) and not outlook.met


def _in_force(status: DriverStatus, wish: Wish) -> bool:
    """Whether the form says what is promised already."""
    last = status.last_request
    if last is None or last.departure_at != wish.departure_at:
        return False
    if wish.distance_mi is not None:
        return last.distance_mi == wish.distance_mi
    return last.distance_mi is None and last.energy_need_kwh == wish.energy_need_kwh


def _outlook(
    desk: DriverDesk, status: DriverStatus, language: str, press: Callable[[str, Making, str], None]
) -> bool:
    """What the wish would come to, with the later time that brings all of it as one tap.

    Whether it falls short.
    """
    _, zone = translator(language), ZoneInfo(status.site.time_zone)
    try:
        wish = wish_of(st.session_state["form"], zone)
        if _in_force(status, wish):
            return False
        outlook = _foreseen(desk, status, wish)
    except BadInput as error:
        st.html(_said("choice", error_text(error, language)[0]))
        return False
    except ReadyByError:
        return False  # the status above says that nothing can be reached
    if outlook.met and outlook.request.departure_at and outlook.request.energy_need_kwh:
        unit = "kwh" if wish.energy_need_kwh is not None else "mi"
        need = amount(outlook.request.energy_need_kwh, unit, status.wh_per_mi)
        when = words.when(outlook.request.departure_at, zone, language)
        st.html(_said("banner saved", _("All {need} by {when} can be done.").format(need=need, when=when)))
        return False
    choice = choice_of(outlook, wish, status, language)
    st.html(_said("choice", choice.text))
    if choice.later_label:
        later = {"later_day": choice.later_day, "later_time": choice.later_time}
        press(choice.later_label, lambda: _later(later, zone), "later")
    return True


def _later(later: Mapping[str, str], zone: ZoneInfo) -> Wish:
    """As much as the form says, by the later time that was offered."""
    form = st.session_state["form"]
    fields = typed() or {"amount": form.amount, "unit": form.unit}
    return read_wish({**fields, **later, "action": "save_later"}, zone)


def _foreseen(desk: DriverDesk, status: DriverStatus, wish: Wish) -> Outlook:
    """The outlook, planned anew only when the wish or the site's plan is another."""
    asked = (wish, status.plan_version)
    known = st.session_state.get("outlook_of")
    if known is None or known[0] != asked:
        known = (asked, foresee(desk, status, wish))
        st.session_state["outlook_of"] = known
    outlook: Outlook = known[1]
    return outlook


def _offer_again(
    desk: DriverDesk, status: DriverStatus, language: str, press: Callable[[str, Making, str], None]
) -> None:
    """The last answer as one tap, for a driver who has not answered yet."""
    if status.last_request is not None:
        return
    if "again" not in st.session_state:
        try:
            st.session_state["again"] = desk.same_again(status)
        except ReadyByError:
            return
    wish: Wish | None = st.session_state["again"]
    if wish is not None and wish.departure_at is not None and wish.departure_at > desk.clock.now():
        press(again_text(wish, status, language), lambda: wish, "again_button")


def _submit(desk: DriverDesk, status: DriverStatus, make: Making, language: str) -> None:
    """Runs before the page is drawn again; what the fields say is read now, not when the button was drawn."""
    _ = translator(language)
    try:
        desk.submit(status, make(), st.session_state["form"].request_id, Channel.APP)
        said = saved_text(desk.read(status.session.session_ref or SessionRef("")), language)
    except BadInput as error:
        st.session_state["note"] = ("error", error_text(error, language)[0])
    except Conflict:
        st.session_state["note"] = ("error", _("This session has ended"))
    except ReadyByError:
        st.session_state["note"] = ("error", _("Nothing was saved just now. Please try again."))
    else:
        forget_form()
        st.session_state["note"] = ("saved", said)


def _take_back(desk: DriverDesk, status: DriverStatus, language: str) -> None:
    """Undo: back to what held before, by the same way as any wish."""
    try:
        wish = desk.wish_before(status)
    except ReadyByError:
        text = translator(language)("Nothing was saved just now. Please try again.")
        st.session_state["note"] = ("error", text)
        return
    _submit(desk, status, lambda: wish, language)


def _show_note(desk: DriverDesk, status: DriverStatus, language: str) -> None:
    kind, text = st.session_state.pop("note", ("", ""))
    if kind == "error":
        st.html(_said("banner error", text, role="alert"))
    elif kind == "saved":
        with st.container(key="saved"):
            st.html(_said("banner saved", text))
            label = translator(language)("Undo")
            st.button(label, width="stretch", on_click=_take_back, args=(desk, status, language), key="undo")


def _said(kind: str, text: str, role: str = "status") -> str:
    return f'<p class="{kind}" role="{role}">{escape(text)}</p>'
