select max(measured_at) as measured_at, max(power_kw) as power_kw, max(energy_kwh) as energy_kwh
from meter_value
where session_id = $session_id and measured_at >= $started_at
group by floor(extract(epoch from measured_at) / 900)
order by 1;
