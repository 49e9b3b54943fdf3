create or replace view plans as
select
    p.site_id,
    p.plan_version,
    p.made_at,
    p.limit_kw,
    p.method,
    p.reason,
    p.run_key,
    p.dispatched_at,
    g.first_wave_accepted_machine_ms - g.taken_machine_ms as taken_to_accepted_ms,
    g.complete_machine_ms - g.taken_machine_ms as taken_to_complete_ms,
    p.situation_json,
    p.plan_json
from plan p
left join plan_progress g on g.site_id = p.site_id and g.plan_version = p.plan_version;
