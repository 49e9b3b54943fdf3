"""What ran, and what still waits to be said to drivers."""

import streamlit as st

from dashboards.monitor.frame import Now
from dashboards.monitor.reads import read_messages_by_state, read_newest_runs
from readyby.sms.delivery import HALTING
from readyby.store.api import ReadCounts


def show_runs(now: Now) -> None:
    """Backlogs, messages by state, and the newest runs."""
    counts = now.desk.store.ask(ReadCounts())
    waiting = now.pending
    columns = st.columns(5)
    columns[0].metric("Requests waiting", waiting.requests)
    columns[1].metric("Messages waiting", waiting.messages)
    columns[2].metric("Sessions to match", waiting.unmatched)
    columns[3].metric("Runs in Prefect", counts.runs_in_run + counts.runs_bare - counts.runs_unrecorded)
    columns[4].metric(
        "Runs to record", counts.runs_unrecorded, f"{counts.runs_bare} ran bare", "off", delta_arrow="off"
    )
    if now.held:
        st.error(
            f"No text message leaves since {now.wall(now.held.since_at):%m-%d %H:%M:%S}: the carrier refuses "
            f"the account ({now.held.code}: {HALTING.get(now.held.code, now.held.detail)}). Messages wait as "
            f"long as they are worth something; one is tried at {now.wall(now.held.next_try_at):%H:%M:%S}."
        )
    left, right = st.columns([1, 3])
    with left:
        st.markdown("**Messages by state**")
        st.dataframe(read_messages_by_state(now.desk.store), hide_index=True, height=420)
    with right:
        st.markdown("**Newest runs** (UTC, the machine's time)")
        st.dataframe(
            read_newest_runs(now.desk.store),
            hide_index=True,
            height=420,
            column_config={
                "started_at": st.column_config.DatetimeColumn("started", format="HH:mm:ss.SSS"),
                "duration_ms": st.column_config.NumberColumn("took ms"),
                "plan_versions": st.column_config.TextColumn("plans"),
                "flow_run_id": st.column_config.TextColumn("flow run", width="medium"),
            },
        )
