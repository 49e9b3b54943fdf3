create or replace view plan_steps as
select
    e.site_id,
    e.plan_version,
    e.session_id,
    e.evse_id,
    e.controlled,
    cast(t.step ->> '$.start_at' as timestamptz) as start_at,
    cast(t.step ->> '$.limit_kw' as double precision) as limit_kw,
    e.expires_at,
    e.departure_at,
    e.energy_need_kwh,
    e.shortfall_kwh,
    e.ready_at
from plan_entry e
cross join unnest(cast(e.steps as json[])) as t (step);
