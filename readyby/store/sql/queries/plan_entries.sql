select
    session_id, evse_id, controlled, steps, expires_at, energy_need_kwh, shortfall_kwh,
    ready_at, departure_at, explanation
from plan_entry
where site_id = $site_id and plan_version = $plan_version
order by place;
