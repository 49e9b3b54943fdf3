insert into site_fact (
    site_id, voltage_v, ramp_kw, building, solar, export_usd_per_kwh, co2_usd_per_kg
)
values ($site_id, $voltage_v, $ramp_kw, $building, $solar, $export_usd_per_kwh, $co2_usd_per_kg)
on conflict (site_id) do update
set voltage_v = excluded.voltage_v,
    ramp_kw = excluded.ramp_kw,
    building = excluded.building,
    solar = excluded.solar,
    export_usd_per_kwh = excluded.export_usd_per_kwh,
    co2_usd_per_kg = excluded.co2_usd_per_kg;
