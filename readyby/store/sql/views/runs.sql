create or replace view runs as
select run_key, deployment, mode, state, started_at, ended_at, plan_versions, flow_run_id
from run;
