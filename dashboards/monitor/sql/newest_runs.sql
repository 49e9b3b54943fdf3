select
    started_at,
    split_part(deployment, '/', 1) as flow,
    state,
    mode,
    plan_versions,
    flow_run_id,
    date_diff('millisecond', started_at, ended_at) as duration_ms
from runs
order by started_at desc
limit 200
