select
    e.evse_id,
    e.max_kw,
    e.min_kw,
    e.standing_cap_kw,
    e.voltage_v,
    e.phases,
    e.controlled,
    coalesce(f.circuit, '') as circuit,
    coalesce(f.connection, '') as connection,
    coalesce(f.steps_kw, []) as steps_kw,
    f.max_pauses,
    coalesce(f.min_on_min, 0.0) as min_on_min,
    coalesce(f.min_off_min, 0.0) as min_off_min
from evse e
left join evse_fact f on f.evse_id = e.evse_id
where e.site_id = $site_id
order by e.place;
