select h.departure_at, h.amount, h.unit
from half_wish h
join session s on s.session_id = h.session_id
where s.session_ref = $session_ref and s.active and h.heard_at >= $since;
