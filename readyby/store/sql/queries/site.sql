select
    s.site_id,
    s.name,
    s.time_zone,
    s.limit_kw,
    s.tariff_id,
    s.early_leave_floor,
    s.deadband_kw,
    s.change_usd_per_kwh,
    s.control_paused,
    coalesce(f.voltage_v, 208.0) as voltage_v,
    f.ramp_kw,
    coalesce(f.building, '0') as building,
    coalesce(f.solar, '0') as solar,
    coalesce(f.export_usd_per_kwh, 0.0) as export_usd_per_kwh,
    coalesce(f.co2_usd_per_kg, 0.0) as co2_usd_per_kg
from site s
left join site_fact f on f.site_id = s.site_id
where s.site_id = $site_id;
