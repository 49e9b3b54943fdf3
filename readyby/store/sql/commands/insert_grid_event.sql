insert into grid_event (
    site_id, name, kind, start_at, end_at, level_kw, price_usd_per_kwh, added_at
)
values ($site_id, $name, $kind, $start_at, $end_at, $level_kw, $price_usd_per_kwh, $added_at)
on conflict (site_id, name) do nothing
returning name;
