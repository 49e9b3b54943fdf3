create or replace view grid_events as
select site_id, name, kind, start_at, end_at, level_kw, price_usd_per_kwh, added_at, cancelled_at
from grid_event;
