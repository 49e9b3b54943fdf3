select
    run_key, deployment, parameters, mode, state, started_at, ended_at, plan_versions, logs,
    artifact_markdown, flow_run_id
from run
where flow_run_id is null
order by started_at, run_key
limit $limit;
