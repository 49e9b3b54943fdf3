select
    site_id,
    name,
    time_zone,
    limit_kw,
    tariff_id,
    early_leave_floor,
    deadband_kw,
    change_usd_per_kwh,
    control_paused
from site
where site_id = $site_id;
