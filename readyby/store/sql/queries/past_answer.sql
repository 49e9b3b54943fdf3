select r.departure_at, r.energy_need_kwh, r.distance_mi
from session s
join session o on o.participant_key = s.participant_key and o.session_id <> s.session_id
join request r on r.session_id = o.session_id
where s.session_ref = $session_ref and r.kind = 'need' and r.departure_at is not null
order by r.sequence desc
limit 1;
