insert into command (
    command_id, site_id, plan_version, evse_id, session_id, wave, state, limit_kw, reason, seq,
    changed_at, changed_machine_ms
)
select
    command_id, site_id, plan_version, evse_id, session_id, wave, state, limit_kw, reason, seq,
    changed_at, changed_machine_ms
from batch;
