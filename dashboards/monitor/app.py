"""The private app: what analysts look at."""

from pathlib import Path

import streamlit as st

SCRIPT = Path(__file__).with_name("script.py")


def create_app() -> st.App:
    """The app. One process holds at most one (Streamlit keeps its configuration globally)."""
    return st.App(SCRIPT)
