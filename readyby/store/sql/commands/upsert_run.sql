insert into run (
    run_key, deployment, parameters, mode, state, started_at, ended_at,
    plan_versions, logs, artifact_markdown, flow_run_id
)
values (
    $run_key, $deployment, $parameters, $mode, $state, $started_at, $ended_at,
    $plan_versions, $logs, $artifact_markdown, $flow_run_id
)
on conflict (run_key) do update
set deployment = excluded.deployment,
    parameters = excluded.parameters,
    mode = excluded.mode,
    state = excluded.state,
    started_at = excluded.started_at,
    ended_at = excluded.ended_at,
    plan_versions = excluded.plan_versions,
    logs = excluded.logs,
    artifact_markdown = excluded.artifact_markdown,
    flow_run_id = excluded.flow_run_id;
