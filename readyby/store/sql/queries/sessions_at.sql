select distinct m.session_id
from meter_value m
join batch b on b.evse_id = m.evse_id and b.measured_at = m.measured_at;
