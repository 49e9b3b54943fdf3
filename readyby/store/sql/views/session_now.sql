create or replace view session_now as
select
    s.session_id,
    s.session_ref,
    s.site_id,
    s.evse_id,
    s.participant_key,
    s.live,
    s.status,
    s.active,
    s.started_at,
    s.ended_at,
    case
        when s.recorded_ended_at is not null then s.energy_kwh
        else greatest(s.energy_kwh, coalesce(m.last_energy_kwh, 0))
    end as delivered_kwh,
    m.last_power_kw as power_kw,
    m.last_at as measured_at,
    coalesce(s.match_result = 'eligible', false) as eligible,
    coalesce(e.following, true) as following,
    m.learned_max_kw,
    m.free_since,
    r.request_id,
    r.sequence,
    r.kind,
    r.channel,
    r.received_at,
    r.departure_at,
    r.energy_need_kwh,
    r.distance_mi,
    r.plan_version
from session s
left join session_meter m on m.session_id = s.session_id
left join evse_state e on e.evse_id = s.evse_id
left join (
    select q.session_id, max(q.sequence) as sequence
    from request q
    where q.outcome = 'new'
    group by q.session_id
) n on n.session_id = s.session_id
left join request r on r.sequence = n.sequence;
