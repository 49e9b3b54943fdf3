insert into quality_mark (kind, evse_id, measured_at)
select 'energy_backwards', evse_id, measured_at
from (
    select
        m.evse_id,
        m.measured_at,
        m.energy_kwh,
        max(m.energy_kwh) over (
            partition by m.session_id
            order by m.measured_at, m.evse_id
            rows between unbounded preceding and 1 preceding
        ) as highest_kwh
    from meter_value m
    join batch b on b.session_id = m.session_id
) readings
where energy_kwh < highest_kwh;
