insert into held_step (evse_id, session_id, plan_version, start_at, until_at, limit_kw)
select evse_id, session_id, plan_version, start_at, until_at, limit_kw
from batch;
