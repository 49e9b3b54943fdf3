select
    r.request_id,
    r.received_machine_ms as stored_machine_ms,
    r.plan_version,
    coalesce(
        p.first_wave_accepted_machine_ms,
        (
            select min(l.first_wave_accepted_machine_ms)
            from plan_progress l
            where l.site_id = r.site_id and l.plan_version > r.plan_version
        )
    ) as first_wave_accepted_machine_ms,
    coalesce(
        p.complete_machine_ms,
        (
            select min(l.complete_machine_ms)
            from plan_progress l
            where l.site_id = r.site_id and l.plan_version > r.plan_version
        )
    ) as complete_machine_ms
from request r
left join plan_progress p on p.site_id = r.site_id and p.plan_version = r.plan_version
where r.outcome = 'new'
order by r.sequence;
