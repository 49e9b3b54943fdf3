"""Deploy everything in prefect.yaml to the Prefect server of the settings."""

import asyncio
import subprocess
import sys

from readyby.errors import Misconfigured, Unreachable
from readyby.runs.deployments import CORE_POOL, WORKER_POOL
from readyby.runs.environment import enter_prefect_environment, prefect_environment
from readyby.settings import PROJECT_ROOT, Settings

DEADLINE_S = 120.0
ANSWER_S = 30.0


def deploy_all(settings: Settings) -> None:
    """Make the two work pools, then every deployment; done again it changes nothing.

    Raises:
        Unreachable: the server did not answer.
        Misconfigured: `prefect deploy` refused; the message carries what it said.
    """
    enter_prefect_environment(settings)
    try:
        asyncio.run(_make_pools())
    except (TimeoutError, OSError) as error:
        raise Unreachable(f"Prefect at {settings.prefect_api}: {error!r}: is the server running?") from error
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
        cwd=PROJECT_ROOT,
        env={**prefect_environment(settings), "PROJECT_ROOT": str(PROJECT_ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    if done.returncode != 0:
        raise Misconfigured(f"prefect deploy --all: {(done.stdout + done.stderr)[-2000:]}")


async def _make_pools() -> None:
    """Make the pools, or bring their templates up to date.

    No worker starts a process for the core pool, so its template is empty: the server would check each run's
    variables against it before the run's first line.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.workers.process import ProcessWorker

    templates: dict[str, dict[str, object]] = {
        CORE_POOL: {},
        WORKER_POOL: ProcessWorker.get_default_base_job_template(),
    }
    async with asyncio.timeout(ANSWER_S), get_client() as client:
        for name, template in templates.items():
            try:
                await client.create_work_pool(
                    WorkPoolCreate(name=name, type="process", base_job_template=template)
                )
            except ObjectAlreadyExists:
                await client.update_work_pool(name, WorkPoolUpdate(base_job_template=template))
