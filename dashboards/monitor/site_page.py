"""The site now: its load against the limit through the day, and who is charging."""

from datetime import datetime, timedelta

import streamlit as st

from dashboards.monitor.charts import Band, Point, load_chart
from dashboards.monitor.frame import Now
from dashboards.monitor.reads import read_load
from dashboards.monitor.sessions_page import session_rows, session_table
from readyby.interval import Interval, floor_to
from readyby.store.api import PlannedSession, ReadCounts
from readyby.tariff_files import tariff_of

MEAN_OF = timedelta(minutes=5)


def show_site(now: Now) -> None:
    """Figures, the load curve of the local day, and the active sessions."""
    day = local_day(now)
    measured = measured_curve(now, day)
    _figures(now, measured)
    st.echarts_chart(
        load_chart(measured, planned_curve(now, day), now.site.limit_kw, price_bands(now, day)),
        height=300,
        alt="Measured and planned load of the site against its limit, over the hours of the day by price",
    )
    session_table(session_rows(now), height=250)


def measured_curve(now: Now, day: Interval) -> list[Point]:
    """The means of five minutes, and what is drawn now: of the running five, not all have reported yet."""
    ended = floor_to(min(day.end, now.at), MEAN_OF)
    load = read_load(now.desk.store, now.site.site_id, day.start, ended)
    means = [(now.wall(at), float(kw)) for at, kw in zip(load["slot_at"], load["power_kw"], strict=True)]
    return [*means, (now.wall(now.at), load_kw(now))] if now.at < day.end else means


def load_kw(now: Now) -> float:
    """What the plugged-in cars draw by their newest readings."""
    return sum(session.power_kw or 0.0 for session in now.situation.sessions if session.active)


def _figures(now: Now, measured: list[Point]) -> None:
    counts = now.desk.store.ask(ReadCounts())
    site_kw = load_kw(now)
    peak_kw = max((kw for _, kw in measured), default=0.0)
    controlled = sum(1 for session in now.situation.sessions if session.active and session.request)
    settled = counts.settled
    figures = {
        "Load now": (f"{site_kw:.1f} kW", f"{now.site.limit_kw - site_kw:.1f} kW left"),
        "Highest today": (f"{peak_kw:.1f} kW", f"of {now.site.limit_kw:g} kW"),
        "Plugged in": (str(counts.sessions_active), f"{controlled} with a request"),
        "Welcomed": (str(counts.welcome_sms), f"of {counts.eligible_sessions} eligible"),
        "Plans": (str(counts.plans), f"for {counts.requests} requests"),
        "Promises kept": (str(settled.get("kept", 0)), f"{settled.get('short', 0)} short"),
    }
    for column, (name, (value, beside)) in zip(st.columns(len(figures)), figures.items(), strict=True):
        column.metric(name, value, beside, "off", delta_arrow="off")


def local_day(now: Now) -> Interval:
    """The site's day that holds this moment."""
    midnight = now.at.astimezone(now.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return Interval(midnight, midnight + timedelta(days=1))


def price_bands(now: Now, day: Interval) -> list[Band]:
    """The day's hours by the price of grid energy."""
    rates = tariff_of(now.site, now.desk.settings.data_dir).rates(day)
    return [
        Band(now.wall(rate.interval.start), now.wall(rate.interval.end), rate.price_usd_per_kwh)
        for rate in rates
    ]


def planned_curve(now: Now, day: Interval) -> list[Point]:
    """The sum of what the newest plan allows each session, from now to the end of the day."""
    plan = now.situation.last_plan
    instants = sorted(
        {now.at, day.end}
        | {step.start_at for entry in plan for step in entry.steps if now.at < step.start_at < day.end}
    )
    return [(now.wall(at), sum(allowed_kw(entry, at) for entry in plan)) for at in instants] if plan else []


def allowed_kw(entry: PlannedSession, at: datetime) -> float:
    """What a planned session may draw at an instant; nothing once it has left."""
    if entry.departure_at is not None and at >= entry.departure_at:
        return 0.0
    begun = [step.limit_kw for step in entry.steps if step.start_at <= at]
    return begun[-1] if begun else 0.0
