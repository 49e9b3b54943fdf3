select
    session_id, site_id, evse_id, token_hash, status, started_at, recorded_ended_at, energy_kwh, last_updated,
    live, active, ended_at, first_seen_at, match_result
from session
where session_id in (select b.session_id from batch b);
