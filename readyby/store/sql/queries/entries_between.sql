select site_id, plan_version, evse_id, steps, expires_at
from plan_entry
where plan_version between $from_version and $until_version
order by plan_version, place;
