"""Store -> what analysts and operators read."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from prefect.artifacts import acreate_markdown_artifact

from readyby import wiring
from readyby.errors import BadInput
from readyby.model import SiteId
from readyby.runs.log import say
from readyby.store.api import DayFigures, ReadDay, ReadSite
from tasks.policy import act


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """A local day of a site and its figures."""

    site_id: SiteId
    day: date
    figures: DayFigures


@act()
async def day_figures(site_id: str, day: str) -> DayReport:
    """The settled figures of a local day; `yesterday` is the site's."""
    here = wiring.current()
    site = await here.store.ask(ReadSite(site_id=SiteId(site_id)))
    zone = ZoneInfo(site.time_zone)
    wanted = _day(day, here.clock.now().astimezone(zone).date())
    start, end = (datetime.combine(on, time(), zone) for on in (wanted, wanted + timedelta(days=1)))
    figures = await here.store.ask(ReadDay(site_id=site.site_id, start=start, end=end))
    say(f"{wanted}: {figures.sessions} sessions, {figures.energy_kwh:.0f} kWh")
    return DayReport(site_id=site.site_id, day=wanted, figures=figures)


@act()
async def publish_report(report: DayReport) -> str:
    """Show the figures in the Prefect UI as a table; the table."""
    table = day_table(report)
    await acreate_markdown_artifact(table, key=f"day-{report.site_id}", description=report.day.isoformat())
    return table


def day_table(report: DayReport) -> str:
    """The day as Markdown: what it cost, beside charging at once under the same caps."""
    seen = report.figures
    rows = (
        ("sessions ended", f"{seen.sessions}"),
        ("energy", f"{seen.energy_kwh:.1f} kWh"),
        ("energy, charging at once", f"{seen.uncontrolled_energy_kwh:.1f} kWh"),
        ("energy cost", f"${seen.cost_usd:.2f}"),
        ("energy cost, charging at once", f"${seen.uncontrolled_cost_usd:.2f}"),
        ("peak (15 min)", f"{seen.peak_kw:.1f} kW"),
        ("promises kept / short / left early", f"{seen.kept} / {seen.short} / {seen.left_early}"),
        ("short in all", f"{seen.shortfall_kwh:.1f} kWh"),
    )
    lines = [f"### {report.site_id}, {report.day}", "", "| | |", "|---|---:|"]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows)])


def _day(text: str, today: date) -> date:
    if text == "yesterday":
        return today - timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("day", text, "write it as YYYY-MM-DD, or yesterday") from None
