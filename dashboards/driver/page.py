"""The script that Streamlit runs for the full page."""

from dashboards.driver.full_page import show

show()
