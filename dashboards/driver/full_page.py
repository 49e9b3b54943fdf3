"""The full page: what the plain one does, live, with a look ahead before saving."""

from collections.abc import Callable

import streamlit as st

from dashboards.driver import wiring
from dashboards.driver.request_part import request_part
from dashboards.driver.status_part import LIVE_EVERY, draw_for, live_part
from readyby import links
from readyby.errors import NotFound, Transient
from readyby.store.api import LinkTarget
from readyby.web.driver import DriverDesk
from readyby.web.http import LANGUAGE_COOKIE
from readyby.web.texts import translator
from readyby.web.view import Phase, phase_of
from readyby.words import LANGUAGES, spoken_language


def show() -> None:
    """Draw the page for whoever holds the session's key."""
    desk = wiring.current()
    st.set_page_config(page_title=desk.settings.brand, layout="centered")
    try:
        target = _admitted(desk)
        language = _language_of(target)
        if target.open:
            _session(desk, target, language)
        else:
            _ended(translator(language))
    except NotFound:
        _nothing(translator(_language_of(None)))
    except Transient:
        _unreachable(desk, translator(_language_of(None)))
    st.html('<i class="drawn"></i>')


def _admitted(desk: DriverDesk) -> LinkTarget:
    """The session that this browser's cookie opens. Raises NotFound for any other."""
    session_ref = st.query_params.get("s", "")
    return desk.admit(session_ref, st.context.cookies.to_dict().get(links.cookie_name(session_ref), ""))  # type: ignore[arg-type]


def _language_of(target: LinkTarget | None) -> str:
    """Chosen here or before, else the driver's own, else the browser's."""
    cookie = st.context.cookies.to_dict().get(LANGUAGE_COOKIE)
    for choice in (st.query_params.get("lang"), cookie):
        if choice in LANGUAGES:
            return str(choice)
    return spoken_language(target.language if target else st.context.locale or "en")


def _session(desk: DriverDesk, target: LinkTarget, language: str) -> None:
    _ = translator(language)
    status = desk.read(target.session_ref)
    ended = phase_of(status) is Phase.ENDED
    draw_for(status)
    lost = _("No connection: what you see may be old. Your car is not affected.")
    head = wiring.page_maker(desk).heading(status, language)
    st.html(f'{head}<p class="lost" role="alert">{lost}</p>')
    st.fragment(live_part, run_every=None if ended else LIVE_EVERY)(desk, target.session_ref, language)
    if ended:
        return
    request_part(desk, status, language)
    plain = _("Plain page, opens faster")
    st.html(f'<p class="more"><a href="{links.page_path(target.session_ref)}">{plain} ›</a></p>')


def _ended(_: Callable[[str], str]) -> None:
    text = _("Your car is unplugged. The next time you plug in, a new text message brings a new link.")
    _message(_("This session has ended"), text)


def _nothing(_: Callable[[str], str]) -> None:
    _message(_("Not found"), _("This link opens nothing. Please use the one in your newest text message."))


def _unreachable(desk: DriverDesk, _: Callable[[str], str]) -> None:
    _message(
        _("One moment, please"),
        _(
            "The charging system cannot be reached, so nothing was saved just now. "
            "Your car goes on charging as planned."
        ),
    )
    st.button(_("Try again"), width="stretch")
    st.session_state["tried"] = True
    st.fragment(_come_back, run_every=LIVE_EVERY)(desk)


def _come_back(desk: DriverDesk) -> None:
    """Draw the page as soon as it can be drawn again; not at once, or the form would fade until it fails."""
    if st.session_state.pop("tried", False):
        return
    try:
        _admitted(desk)
    except Transient:
        return
    st.rerun(scope="app")


def _message(title: str, text: str) -> None:
    st.html(f'<section class="card"><h1 class="headline">{title}</h1><p class="why">{text}</p></section>')
