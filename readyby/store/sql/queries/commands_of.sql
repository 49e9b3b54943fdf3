select
    command_id, site_id, plan_version, evse_id, session_id, wave, state, limit_kw, reason, seq,
    changed_at, changed_machine_ms
from command
where command_id in (select b.command_id from batch b);
