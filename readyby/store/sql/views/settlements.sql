create or replace view settlements as
select
    t.session_id,
    s.site_id,
    s.evse_id,
    s.participant_key,
    s.started_at,
    s.ended_at,
    t.energy_kwh,
    t.cost_usd,
    t.uncontrolled_energy_kwh,
    t.uncontrolled_cost_usd,
    t.promise,
    t.shortfall_kwh,
    t.settled_at
from settlement t
join session s on s.session_id = t.session_id;
