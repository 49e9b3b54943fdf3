insert into session (
    session_id, site_id, evse_id, token_hash, status, started_at, recorded_ended_at, energy_kwh, last_updated,
    live, active, ended_at, first_seen_at, match_result
)
select
    session_id, site_id, evse_id, token_hash, status, started_at, recorded_ended_at, energy_kwh, last_updated,
    live, active, ended_at, first_seen_at, match_result
from batch;
