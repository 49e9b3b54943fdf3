select
    w.wish_id, w.session_id, w.kind, w.departure_at, w.energy_need_kwh, w.machine_ms,
    s.session_ref, s.match_result, coalesce(s.active, false) as active, s.session_id is not null as known
from network_wish w
left join session s on s.session_id = w.session_id
order by w.place;
