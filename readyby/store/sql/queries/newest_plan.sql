select site_id, plan_version, made_at, limit_kw, reason, method, dispatched_at, tree_json
from plan
where site_id = $site_id
order by plan_version desc
limit 1;
