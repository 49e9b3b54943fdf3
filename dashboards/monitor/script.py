"""The pages of the monitoring app, and what they share."""

import streamlit as st

from dashboards.monitor.ask_page import show_ask
from dashboards.monitor.commands_page import show_commands
from dashboards.monitor.frame import framed
from dashboards.monitor.quality_page import show_quality
from dashboards.monitor.runs_page import show_runs
from dashboards.monitor.sessions_page import show_sessions
from dashboards.monitor.site_page import show_site

st.set_page_config(page_title="ReadyBy monitor", layout="wide")
pages = [
    st.Page(framed(show_site), title="Site", default=True),
    st.Page(framed(show_sessions), title="Sessions", url_path="sessions"),
    st.Page(framed(show_commands), title="Commands", url_path="commands"),
    st.Page(framed(show_runs), title="Runs and messages", url_path="runs"),
    st.Page(framed(show_quality), title="Data quality", url_path="quality"),
    st.Page(show_ask, title="Ask", url_path="ask"),
]
st.navigation(pages, position="top").run()
