select p.session_id, c.session_id as other_id
from session c
join session p on p.evse_id = c.evse_id and p.token_hash = c.token_hash and p.session_id <> c.session_id
left join session_tie t on t.session_id = p.session_id and t.kind = 'merged'
left join session_tie u on u.session_id = c.session_id and u.kind = 'merged'
where c.evse_id in (select b.evse_id from batch b)
    and t.session_id is null
    and u.session_id is null
    and c.live
    and c.status <> 'INVALID'
    and not p.active
    and c.started_at <= p.started_at
    and (c.active or c.ended_at >= p.ended_at)
    and c.energy_kwh >= p.energy_kwh
    and c.energy_kwh > 0
    and (c.started_at < p.started_at or c.active or c.ended_at > p.ended_at or c.session_id > p.session_id)
order by p.session_id, c.started_at, c.session_id;
