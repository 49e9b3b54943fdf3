insert into meter_value (session_id, evse_id, measured_at, power_kw, energy_kwh)
select session_id, evse_id, measured_at, power_kw, energy_kwh
from batch;
