select
    r.request_id, r.sequence, r.kind, r.channel, r.received_at, r.departure_at, r.energy_need_kwh, r.distance_mi,
    r.plan_version
from request r
join session s on s.session_id = r.session_id
where s.session_ref = $session_ref and r.outcome = 'new'
order by r.sequence desc
limit 1 offset 1;
