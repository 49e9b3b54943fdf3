update session_meter
set last_at = b.last_at,
    last_power_kw = b.last_power_kw,
    last_energy_kwh = b.last_energy_kwh,
    max_energy_kwh = b.max_energy_kwh,
    free_since = b.free_since,
    learned_max_kw = b.learned_max_kw
from batch b
where session_meter.session_id = b.session_id;
