create or replace view data_quality as
select
    'quarantined_' || q.kind as kind,
    cast(null as text) as session_id,
    cast(null as text) as evse_id,
    q.received_at as noticed_at,
    'quarantined' as action,
    true as alarm,
    q.reason as detail
from quarantine q
union all
select k.kind, m.session_id, k.evse_id, k.measured_at, 'kept', false, ''
from quality_mark k
left join meter_value m on m.evse_id = k.evse_id and m.measured_at = k.measured_at
union all
select
    'end_inferred', s.session_id, s.evse_id, s.ended_at, 'repaired', false,
    'a later session started on this EVSE'
from session s
where s.status = 'ACTIVE' and not s.active
union all
select
    case i.kind when 'merged' then 'merged_session' else 'continued_session' end,
    i.session_id, s.evse_id, i.tied_at, 'repaired', false,
    case i.kind when 'merged' then 'counted with session ' else 'one stay with session ' end || i.other_id
from session_tie i
join session s on s.session_id = i.session_id
union all
select n.kind, n.session_id, n.evse_id, n.noticed_at, n.action, n.alarm, n.detail
from notice n;
