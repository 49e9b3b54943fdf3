insert into plan_entry (
    site_id, plan_version, place, session_id, evse_id, controlled, steps, expires_at,
    energy_need_kwh, shortfall_kwh, ready_at, departure_at, explanation
)
select
    $site_id, $plan_version, place, session_id, evse_id, controlled, steps, expires_at,
    energy_need_kwh, shortfall_kwh, ready_at, departure_at, explanation
from batch;
