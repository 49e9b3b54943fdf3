insert into meter_slot (session_id, evse_id, slot_at, readings, power_sum_kw)
select session_id, evse_id, slot_at, count(*), sum(power_kw)
from (
    select
        m.session_id,
        m.evse_id,
        to_timestamp(floor(extract(epoch from m.measured_at) / 900) * 900) as slot_at,
        m.power_kw
    from meter_value m
    join batch b on b.session_id = m.session_id
) readings
group by session_id, evse_id, slot_at;
