select request_id, sequence, session_id, site_id, kind, departure_at, energy_need_kwh, distance_mi
from request
where session_id = $session_id or request_id = $request_id;
