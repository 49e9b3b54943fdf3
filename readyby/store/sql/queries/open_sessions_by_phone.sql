select s.session_ref
from session s
join person p on p.participant_key = s.participant_key
where p.phone_hash = $phone_hash and s.match_result = 'eligible' and s.active
order by s.started_at desc, s.session_id;
