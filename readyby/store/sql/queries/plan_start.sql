select start_text
from plan_start
where site_id = $site_id and plan_version = $plan_version;
