"""A plan version as a table for people: Markdown, without personal data."""

from datetime import datetime
from zoneinfo import ZoneInfo

from readyby.store.api import PlannedSession, StoredPlan

_HEAD = (
    "| EVSE | session | control | now kW | ready by | leaves | short kWh | why |\n"
    "|---|---|---|---:|---|---|---:|---|"
)


def plan_table(plan: StoredPlan, method: str, reason: str, time_zone: str) -> str:
    """The plan's heading and one row a session, controlled ones first; times in `time_zone`."""
    zone = ZoneInfo(time_zone)
    rows = sorted(plan.entries, key=lambda entry: (not entry.controlled, entry.evse_id))
    title = (
        f"### Plan version {plan.plan_version} of {plan.site_id}\n\n"
        f"Made for {plan.made_at.astimezone(zone):%Y-%m-%d %H:%M} {time_zone}, {method}, "
        f"limit {plan.limit_kw:g} kW. {reason}\n"
    )
    return "\n".join([title, _HEAD, *(_row(entry, zone) for entry in rows)])


def _row(entry: PlannedSession, zone: ZoneInfo) -> str:
    control = "controlled" if entry.controlled else "as usual"
    why = entry.explanation.get("en", "").replace("|", "/")
    return (
        f"| {entry.evse_id} | {entry.session_id} | {control} | {entry.steps[0].limit_kw:.2f} "
        f"| {_clock(entry.ready_at, zone)} | {_clock(entry.departure_at, zone)} "
        f"| {entry.shortfall_kwh:.2f} | {why} |"
    )


def _clock(instant: datetime | None, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%a %H:%M}" if instant else "-"
