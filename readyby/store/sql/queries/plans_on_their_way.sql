select p.site_id, p.plan_version
from plan p
where p.made_at > $since
    and p.plan_version > (
        select greatest(
            max(n.plan_version) - 3,
            coalesce(
                (
                    select max(g.plan_version)
                    from plan_progress g
                    where g.site_id = p.site_id and g.complete_machine_ms is not null
                ),
                0
            )
        )
        from plan n
        where n.site_id = p.site_id
    );
