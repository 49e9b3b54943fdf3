select p.site_id, p.plan_version, p.made_at, p.limit_kw, p.reason, p.method, p.run_key, p.tree_json
from plan p
left join run r on r.run_key = p.run_key
where p.site_id = $site_id and r.run_key is null
order by p.plan_version;
