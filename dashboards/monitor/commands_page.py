"""What was sent to EVSEs, and what became of it."""

import streamlit as st

from dashboards.monitor.charts import bar_chart
from dashboards.monitor.frame import Now
from dashboards.monitor.reads import read_commands_by_state, read_newest_commands


def show_commands(now: Now) -> None:
    """Commands by state, EVSEs that do not follow, and the newest commands."""
    by_state = read_commands_by_state(now.desk.store)
    if by_state.empty:
        st.info("No command was sent yet.")
        return
    left, right = st.columns([2, 1])
    with left:
        st.markdown("**Commands by state**")
        chart = bar_chart(list(by_state["state"]), [int(number) for number in by_state["number"]])
        st.echarts_chart(chart, height=40 + 34 * len(by_state), alt="Number of commands by state")
    with right:
        st.markdown("**Not following**")
        silent = now.situation.silent
        stubborn = [evse for evse in now.situation.not_following if evse not in silent]
        st.markdown(" ".join(f":red-badge[{evse}]" for evse in stubborn) or "every EVSE follows")
        st.markdown("**Not heard of**")
        st.markdown(" ".join(f":orange-badge[{evse}]" for evse in silent) or "every EVSE with a car tells")
        st.caption("Plans count these at their full power until they follow, or tell, again.")
    commands = read_newest_commands(now.desk.store)
    commands["changed_at"] = [now.wall(at) for at in commands["changed_at"]]
    st.dataframe(
        commands,
        height=380,
        hide_index=True,
        column_config={
            "changed_at": st.column_config.DatetimeColumn("changed", format="MM-DD HH:mm:ss"),
            "evse_id": "EVSE",
            "limit_kw": st.column_config.NumberColumn("limit kW", format="%.2f"),
            "plan_version": st.column_config.NumberColumn("plan"),
            "reason": st.column_config.TextColumn("reason", width="large"),
        },
    )
