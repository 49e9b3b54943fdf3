select
    s.session_ref, s.active, s.ended_at, l.closes_at,
    coalesce(p.language, 'en') as language, p.wh_per_mi, t.time_zone
from link l
join session s on s.session_id = l.session_id
join site t on t.site_id = s.site_id
left join person p on p.participant_key = s.participant_key
where l.key_hash = $key_hash;
