insert into site (
    site_id, name, time_zone, limit_kw, tariff_id, early_leave_floor, deadband_kw, change_usd_per_kwh, control_paused
)
values (
    $site_id, $name, $time_zone, $limit_kw, $tariff_id, $early_leave_floor, $deadband_kw, $change_usd_per_kwh, false
)
on conflict (site_id) do update
set name = excluded.name,
    time_zone = excluded.time_zone,
    limit_kw = excluded.limit_kw,
    tariff_id = excluded.tariff_id,
    early_leave_floor = excluded.early_leave_floor,
    deadband_kw = excluded.deadband_kw,
    change_usd_per_kwh = excluded.change_usd_per_kwh;
