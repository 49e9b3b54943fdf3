update session
set site_id = b.site_id,
    evse_id = b.evse_id,
    token_hash = b.token_hash,
    status = b.status,
    started_at = b.started_at,
    recorded_ended_at = b.recorded_ended_at,
    energy_kwh = b.energy_kwh,
    last_updated = b.last_updated,
    live = b.live,
    active = b.active,
    ended_at = b.ended_at,
    match_result = b.match_result
from batch b
where session.session_id = b.session_id;
