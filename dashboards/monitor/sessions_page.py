"""Every car that is plugged in: what it draws, what it may, and when it is to be ready."""

from datetime import datetime

import pandas as pd
import streamlit as st

from dashboards.monitor.frame import Now
from readyby.model import RequestKind
from readyby.store.api import PlannedSession, SessionView

DRAWS_KW = 0.1


def show_sessions(now: Now) -> None:
    """The active sessions at full height, and why each has the plan that it has."""
    rows = session_rows(now)
    session_table(rows, height=520)
    st.caption(
        "Setpoint: what the EVSE was told and took. Follows: measured power keeps to it. As usual: no "
        "request yet, so the car charges on what is left. Times are site wall time."
    )


def session_rows(now: Now) -> pd.DataFrame:
    """One row an active session, by EVSE."""
    planned = {entry.session_id: entry for entry in now.situation.last_plan}
    active = sorted((one for one in now.situation.sessions if one.active), key=lambda one: one.evse_id)
    return pd.DataFrame([_row(now, session, planned.get(session.session_id)) for session in active])


def session_table(rows: pd.DataFrame, height: int) -> None:
    """The sessions as a table, or a word where there is none."""
    if rows.empty:
        st.info("No car is plugged in.")
        return
    st.dataframe(
        rows,
        height=height,
        hide_index=True,
        placeholder="",
        column_config={
            "power": st.column_config.NumberColumn("draws kW", format="%.2f"),
            "setpoint": st.column_config.NumberColumn("setpoint kW", format="%.2f"),
            "need": st.column_config.NumberColumn("needs kWh", format="%.1f"),
            "delivered": st.column_config.NumberColumn("has kWh", format="%.1f"),
            "short": st.column_config.NumberColumn("short kWh", format="%.1f"),
            "why": st.column_config.TextColumn("why", width="large"),
        },
    )


def _row(now: Now, session: SessionView, planned: PlannedSession | None) -> dict[str, object]:
    request = session.request
    return {
        "EVSE": session.evse_id,
        "since": _clock(now, session.started_at),
        "state": session_state(session),
        "control": control_word(now, session),
        "power": session.power_kw,
        "setpoint": session.setpoint_kw,
        "follows": "yes" if session.following else "NO",
        "need": request.energy_need_kwh if request else None,
        "delivered": session.delivered_kwh,
        "ready by": _clock(now, planned.ready_at if planned else None),
        "leaves": _clock(now, request.departure_at if request else None),
        "short": planned.shortfall_kwh if planned and planned.shortfall_kwh else None,
        "why": planned.explanation.get("en", "") if planned else "",
    }


def session_state(session: SessionView) -> str:
    """What the car does, in a word."""
    if session.power_kw is None:
        return "plugged in"
    if session.power_kw >= DRAWS_KW:
        return "charging"
    return "waits" if session.setpoint_kw is not None and session.setpoint_kw < DRAWS_KW else "draws nothing"


def control_word(now: Now, session: SessionView) -> str:
    """Who decides about this car's power."""
    if now.situation.control_paused:
        return "released"
    if session.request is None or session.request.kind is RequestKind.RELEASE:
        return "as usual"
    return "charge now" if session.request.kind is RequestKind.CHARGE_NOW else "planned"


def _clock(now: Now, at: datetime | None) -> str:
    if at is None:
        return ""
    wall = now.wall(at)
    return f"{wall:%H:%M}" if wall.date() == now.wall(now.at).date() else f"{wall:%a %H:%M}"
