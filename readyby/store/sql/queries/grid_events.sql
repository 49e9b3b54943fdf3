select name, kind, start_at, end_at, level_kw, price_usd_per_kwh
from grid_event
where site_id = $site_id and end_at > $now and cancelled_at is null
order by start_at, name;
