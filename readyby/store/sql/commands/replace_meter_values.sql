update meter_value
set session_id = b.session_id, power_kw = b.power_kw, energy_kwh = b.energy_kwh
from batch b
where meter_value.evse_id = b.evse_id
    and meter_value.measured_at = b.measured_at
    and (b.energy_kwh, b.power_kw, b.session_id)
        > (meter_value.energy_kwh, meter_value.power_kw, meter_value.session_id);
