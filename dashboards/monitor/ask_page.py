"""Questions of one's own, in SQL over the documented views."""

import streamlit as st

from dashboards.monitor import wiring
from readyby.errors import BadInput, ReadyByError

FIRST = """select promise, count(*) as sessions, round(avg(cost_usd), 2) as cost_usd
from settlements
group by promise
order by sessions desc"""
MOST_ROWS = 10_000


def show_ask() -> None:
    """One SELECT, its rows, and the rows as a file."""
    with st.form("question", border=False):
        question = st.text_area("One SELECT over the views of docs/views.md, read-only", FIRST, height=160)
        st.form_submit_button("Ask", type="primary")
    try:
        rows = wiring.current().store.table(question, MOST_ROWS).to_pandas()
    except BadInput as error:
        st.error(error.remedy)
        return
    except ReadyByError as error:
        st.error(f"Core does not answer: {error}")
        return
    st.dataframe(rows, hide_index=True, height=420)
    st.caption(f"{len(rows)} rows, at most {MOST_ROWS}; instants are UTC")
    st.download_button("Download as CSV", rows.to_csv(index=False), "answer.csv", "text/csv")
