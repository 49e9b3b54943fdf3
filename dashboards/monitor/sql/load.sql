select slot_at, sum(power_kw) as power_kw
from (
    select
        m.session_id,
        time_bucket(interval '5 minutes', m.measured_at) as slot_at,
        avg(m.power_kw) as power_kw
    from meter_values m
    join sessions s on s.session_id = m.session_id
    where s.site_id = '$site_id'
        and m.measured_at >= timestamptz '$since'
        and m.measured_at < timestamptz '$until'
    group by all
) by_session
group by slot_at
order by slot_at
