"""The live part of the full page: drawn again every few seconds without the rest."""

from datetime import timedelta

import streamlit as st

from dashboards.driver import wiring
from readyby.errors import ReadyByError
from readyby.model import RequestId, SessionRef
from readyby.store.api import DriverStatus
from readyby.web.driver import DriverDesk
from readyby.web.texts import translator
from readyby.web.view import Phase, phase_of

LIVE_EVERY = timedelta(seconds=10)


def live_part(desk: DriverDesk, session_ref: SessionRef, language: str) -> None:
    """Where the session stands, the plan, and why. A change from elsewhere draws the whole page anew."""
    try:
        status = desk.read(session_ref)
    except ReadyByError:
        _away(language)
        return
    if st.session_state["drawn_for"] != _stand(status):
        st.rerun(scope="app")
    part = wiring.page_maker(desk).status_for_streamlit(status, desk.clock.now(), language)
    st.session_state["last_part"] = part
    st.html(f'<section class="card">{part}</section>')


def draw_for(status: DriverStatus) -> None:
    """Remember what the whole page is drawn for."""
    st.session_state["drawn_for"] = _stand(status)


def _stand(status: DriverStatus) -> tuple[bool, RequestId | None]:
    """Whether the session is over, and the newest request, through whatever door it came."""
    newest = status.last_request.request_id if status.last_request else None
    return phase_of(status) is Phase.ENDED, newest


def _away(language: str) -> None:
    """The last that was known, and that it is no more than that."""
    _ = translator(language)
    text = _("ReadyBy cannot be reached just now: what you see may be old. Your car goes on as planned.")
    st.html(
        f'<p class="lost shown" role="alert">{text}</p>'
        f'<section class="card">{st.session_state.get("last_part", "")}</section>'
    )
