insert into session_meter (
    session_id, last_at, last_power_kw, last_energy_kwh, max_energy_kwh, free_since, learned_max_kw
)
select session_id, last_at, last_power_kw, last_energy_kwh, max_energy_kwh, free_since, learned_max_kw
from batch;
