select coalesce(max(site_kw), 0.0) as peak_kw
from (
    select sum(meter_slot.power_sum_kw / meter_slot.readings) as site_kw
    from meter_slot
    inner join session on session.session_id = meter_slot.session_id
    where session.site_id = $site_id and meter_slot.slot_at >= $start and meter_slot.slot_at < $end
    group by meter_slot.slot_at
) as slot
