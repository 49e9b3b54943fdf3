"""Bodies that ran, kept until the Prefect server knows of them."""

import orjson

from readyby.store import api
from readyby.store.checks import one_of
from readyby.store.registry import command
from readyby.store.work import Work


@command(api.RecordRun)
def record_run(work: Work, given: api.RecordRun) -> None:
    run = given.run
    one_of("mode", run.mode, ("in_run", "bare"))
    work.run(
        "commands/upsert_run",
        run_key=run.run_key,
        deployment=run.deployment,
        parameters=orjson.dumps(dict(run.parameters)).decode(),
        mode=run.mode,
        state=run.state,
        started_at=run.started_at,
        ended_at=run.ended_at,
        plan_versions=orjson.dumps(run.plan_versions).decode(),
        logs=orjson.dumps(run.logs, option=orjson.OPT_UTC_Z).decode(),
        artifact_markdown=run.artifact_markdown,
        flow_run_id=run.flow_run_id,
    )
