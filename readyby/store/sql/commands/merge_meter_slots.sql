merge into meter_slot m
using batch b
on m.slot_at = b.slot_at
    and m.session_id = b.session_id
    and m.evse_id = b.evse_id
    and m.slot_at >= $from_at
    and m.slot_at <= $until_at
when matched then update set
    readings = m.readings + b.readings,
    power_sum_kw = m.power_sum_kw + b.power_sum_kw
when not matched then insert (session_id, evse_id, slot_at, readings, power_sum_kw)
values (b.session_id, b.evse_id, b.slot_at, b.readings, b.power_sum_kw);
