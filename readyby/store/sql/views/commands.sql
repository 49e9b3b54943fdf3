create or replace view commands as
select
    command_id, site_id, plan_version, evse_id, session_id, wave, state, limit_kw, reason, changed_at
from command;
