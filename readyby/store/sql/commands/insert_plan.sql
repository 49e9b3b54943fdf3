insert into plan (
    site_id, plan_version, claim_id, made_at, limit_kw, reason, method, situation_json, plan_json, run_key,
    tree_json
)
select
    s.site_id,
    coalesce((select max(p.plan_version) from plan p where p.site_id = s.site_id), 0) + 1,
    $claim_id,
    $made_at,
    s.limit_kw,
    $reason,
    $method,
    $situation_json,
    $plan_json,
    $run_key,
    $tree_json
from site s
where s.site_id = $site_id
returning plan_version;
