select p.evse_id, p.session_id, p.steps, p.expires_at
from plan_entry p
join batch b on b.site_id = p.site_id and b.plan_version = p.plan_version and b.evse_id = p.evse_id
where p.plan_version between $from_version and $until_version;
