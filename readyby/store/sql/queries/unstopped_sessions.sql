select
    s.session_id,
    s.site_id,
    s.evse_id,
    s.live,
    s.active,
    s.ended_at,
    min(n.started_at) as next_started_at
from session s
left join session n
    on n.evse_id = s.evse_id
    and n.status <> 'INVALID'
    and (n.started_at > s.started_at or (n.started_at = s.started_at and n.session_id > s.session_id))
where s.status = 'ACTIVE' and s.evse_id in (select b.evse_id from batch b)
group by s.session_id, s.site_id, s.evse_id, s.live, s.active, s.ended_at;
