select max(slot_kw) as peak_kw
from (
    select
        m.slot_at,
        sum(
            m.power_sum_kw / m.readings * greatest(
                0,
                extract(epoch from (
                    least(coalesce(s.ended_at, m.slot_at + interval '15 minutes'), m.slot_at + interval '15 minutes')
                    - greatest(coalesce(s.started_at, m.slot_at), m.slot_at)
                )) / 900.0
            )
        ) as slot_kw
    from meter_slot m
    join evse e on e.evse_id = m.evse_id
    left join session s on s.session_id = m.session_id
    where e.site_id = $site_id and m.slot_at >= $from_at and m.slot_at < $until_at
    group by m.slot_at
) slots;
