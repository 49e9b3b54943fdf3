insert into command_receipt (command_id, seq, state, limit_kw, reason, happened_at, machine_ms)
select command_id, seq, state, limit_kw, reason, happened_at, machine_ms
from batch;
