select measured_at, power_kw, energy_kwh
from meter_value
where session_id = $session_id
order by measured_at;
