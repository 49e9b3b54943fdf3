"""What came in and could not be believed, and what the exchange noticed of EVSEs and their network."""

import streamlit as st

from dashboards.monitor.frame import Now
from dashboards.monitor.reads import read_quality
from readyby.store.api import ReadCounts


def show_quality(now: Now) -> None:
    """Freshness, what was taken in, and what was odd about it by kind, with what was done about it."""
    counts = now.desk.store.ask(ReadCounts())
    as_of = now.pending.feed_as_of
    columns = st.columns(4)
    columns[0].metric("Feed as of", f"{now.wall(as_of):%H:%M:%S}" if as_of else "-")
    columns[1].metric("Sessions", counts.sessions_seen)
    columns[2].metric("Meter values", f"{counts.meter_values:,}")
    columns[3].metric("In quarantine", counts.quarantined)
    quality = read_quality(now.desk.store)
    if quality.empty:
        st.success("Nothing was refused, marked or noticed.")
        return
    quality["newest_at"] = [now.wall(at) for at in quality["newest_at"]]
    st.dataframe(
        quality,
        hide_index=True,
        column_config={
            "alarm": st.column_config.CheckboxColumn("look", help="Somebody should look."),
            "evses": st.column_config.NumberColumn("EVSEs"),
            "detail": st.column_config.TextColumn("detail", width="large"),
            "newest_at": st.column_config.DatetimeColumn("newest", format="MM-DD HH:mm:ss"),
        },
    )
    st.caption(
        "kept: as it came; repaired: by a stated rule; quarantined: not acted upon; counted: the EVSE at the "
        "worst that it may do. The raw records are kept, and the rest of each batch went on."
    )
