select changed_at, evse_id, limit_kw, state, plan_version, wave, reason
from commands
order by changed_at desc, command_id
limit 200
