insert into site_fact (site_id, voltage_v, ramp_kw)
values ($site_id, $voltage_v, $ramp_kw)
on conflict (site_id) do update
set voltage_v = excluded.voltage_v,
    ramp_kw = excluded.ramp_kw;
