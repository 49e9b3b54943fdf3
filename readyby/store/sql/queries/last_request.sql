select
    request_id, sequence, kind, channel, received_at, departure_at, energy_need_kwh, distance_mi, plan_version
from request
where session_id = $session_id
order by sequence desc
limit 1;
