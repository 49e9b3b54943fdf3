create or replace view sessions as
select
    v.session_id,
    v.site_id,
    v.evse_id,
    v.participant_key,
    v.status,
    v.active,
    v.live,
    v.started_at,
    v.ended_at,
    s.active = false and s.status = 'ACTIVE' as end_inferred,
    v.delivered_kwh,
    v.power_kw,
    v.measured_at,
    v.learned_max_kw,
    coalesce(s.match_result, 'undecided') as match_result,
    s.matched_at,
    v.request_id,
    v.departure_at,
    v.energy_need_kwh
from session_now v
join session s on s.session_id = v.session_id;
