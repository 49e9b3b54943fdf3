select request_id, site_id, kind, channel, received_machine_ms, departure_at, energy_need_kwh, distance_mi
from request
where session_id = $session_id and outcome = 'new'
order by sequence desc
limit 1;
