select
    n.session_id,
    p.session_id as continues_id,
    p.session_ref,
    case when n.started_at <= p.started_at + interval '2 minutes' then 0.0 else v.delivered_kwh end as before_kwh
from session n
join session p on p.evse_id = n.evse_id and p.token_hash = n.token_hash and p.session_id <> n.session_id
join session_now v on v.session_id = p.session_id
where n.session_id in (select b.session_id from batch b)
    and p.match_result = 'eligible'
    and p.session_ref is not null
    and not p.active
    and p.started_at <= n.started_at
    and n.started_at <= p.ended_at + interval '2 minutes'
order by p.ended_at, p.started_at, p.session_id;
