create or replace view meter_values as
select m.session_id, m.evse_id, m.measured_at, m.power_kw, m.energy_kwh
from meter_value m;
