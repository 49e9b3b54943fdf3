insert into site_fact (site_id, voltage_v)
values ($site_id, $voltage_v)
on conflict (site_id) do update
set voltage_v = excluded.voltage_v;
