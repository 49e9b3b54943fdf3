"""Report a day."""

from prefect import flow

from tasks.report import day_figures, publish_report


@flow(name="report-day", validate_parameters=False)
async def report_day(site_id: str = "jpl", day: str = "yesterday") -> str:
    """Energy, cost, peak and promises of one day of a site, against charging at once.

    Args:
        site_id: The site to report.
        day: A local day of the site as YYYY-MM-DD, or "yesterday".
    """
    figures = await day_figures(site_id, day)
    return await publish_report(figures)
