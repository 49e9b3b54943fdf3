"""Plan a site."""

from prefect import flow

from readyby.runs.lane import RunReport
from tasks.plan import (
    ask_for_plan,
    claim_work,
    optimize,
    read_situation,
    record_plan,
    report_plans,
    send_plan,
)


@flow(name="plan-site", validate_parameters=False)
async def plan_site(
    site_id: str = "jpl", wake_up: str = "", reason: str = "asked by an operator"
) -> RunReport:
    """Plan all sessions of a site at once, record the plan, send it; again until nothing is left open.

    Args:
        site_id: The site to plan.
        wake_up: Left empty when a person starts the run: then a plan is made even if nothing is open.
        reason: Why a person wants a new plan; it is kept with the plan.
    """
    if not wake_up:
        await ask_for_plan(site_id, reason)
    made = []
    while claim := await claim_work(site_id):
        situation = await read_situation(site_id)
        outcome = await optimize(situation, claim)
        plan = await record_plan(claim, situation, outcome)
        await send_plan(plan)
        made.append((plan, outcome, situation.site))
    return report_plans(made)
