"""Dispatch a plan."""

from prefect import flow

from readyby.runs.lane import RunReport
from tasks.plan import dispatch_plan, unconfirmed_plan


@flow(name="dispatch-plan", validate_parameters=False)
async def dispatch_newest_plan(site_id: str = "jpl", wake_up: str = "") -> RunReport:
    """Send a site's newest plan again if the exchange has not confirmed it: it was away, or core was.

    Args:
        site_id: The site whose plan is sent.
        wake_up: Left empty when a person starts the run.
    """
    plan = await unconfirmed_plan(site_id)
    if plan is None:
        return RunReport(summary="the exchange holds the newest plan")
    await dispatch_plan(plan)
    return RunReport(summary=f"plan version {plan.plan_version} sent")
