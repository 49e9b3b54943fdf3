"""Plans whose run died with an earlier core: each still gets its run, so that no plan is without one."""

from itertools import groupby

from readyby.clocks import wall_now
from readyby.model import Site, SiteId
from readyby.plan_table import plan_table
from readyby.store.api import PlansWithoutRun, PlanWithoutRun, ReadSite, RecordRun, RunRecord, Store


async def record_orphans(store: Store, site_id: SiteId, deployment: str) -> int:
    """Keep a failed run for each dead wake-up that recorded plans; how many there were."""
    plans = await store.ask(PlansWithoutRun(site_id=site_id))
    if not plans:
        return 0
    site = await store.ask(ReadSite(site_id=site_id))
    runs = [
        _orphan(run_key, list(made), site, deployment)
        for run_key, made in groupby(plans, lambda one: one.run_key)
    ]
    for run in runs:
        await store.do(RecordRun(run=run))
    return len(runs)


def _orphan(run_key: str, made: list[PlanWithoutRun], site: Site, deployment: str) -> RunRecord:
    now = wall_now()
    told = [
        (now, "INFO", f"{one.method}: plan version {one.plan.plan_version}, {one.reason}") for one in made
    ]
    return RunRecord(
        run_key=run_key,
        deployment=deployment,
        parameters={"site_id": site.site_id, "wake_up": run_key},
        mode="bare",
        state="Failed",
        started_at=now,
        ended_at=now,
        plan_versions=tuple(one.plan.plan_version for one in made),
        logs=(
            *told,
            (now, "ERROR", "core ended during this run; its plans stand, and were or are carried out"),
        ),
        artifact_markdown="\n\n".join(
            plan_table(one.plan, one.method, one.reason, site.time_zone) for one in made
        ),
    )
