select
    b.place,
    (m.session_id <> b.session_id or m.power_kw <> b.power_kw or m.energy_kwh <> b.energy_kwh) as differs
from batch b
join meter_value m on m.evse_id = b.evse_id and m.measured_at = b.measured_at
where m.measured_at >= $from_at and m.measured_at <= $until_at;
