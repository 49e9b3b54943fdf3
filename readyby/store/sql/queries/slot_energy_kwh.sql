select
    m.session_id,
    m.power_sum_kw / m.readings * greatest(
        0,
        extract(epoch from (
            least(coalesce(s.ended_at, $now), $now) - greatest(coalesce(s.started_at, m.slot_at), m.slot_at)
        )) / 3600.0
    ) as energy_kwh
from meter_slot m
join evse e on e.evse_id = m.evse_id
left join session s on s.session_id = m.session_id
where e.site_id = $site_id and m.slot_at = $slot_at;
