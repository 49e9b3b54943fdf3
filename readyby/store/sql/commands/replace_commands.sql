update command
set plan_version = b.plan_version,
    wave = b.wave,
    state = b.state,
    limit_kw = b.limit_kw,
    reason = b.reason,
    seq = b.seq,
    changed_at = b.changed_at,
    changed_machine_ms = b.changed_machine_ms
from batch b
where command.command_id = b.command_id;
