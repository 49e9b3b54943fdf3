with served as (
    select s.session_id, s.participant_key, s.active, s.ended_at, s.site_id, n.delivered_kwh, r.request_id, r.kind,
        r.energy_need_kwh, r.distance_mi, r.departure_at, r.plan_version, p.language, p.wh_per_mi, t.time_zone,
        n.free_since is not null and n.power_kw < $nothing_kw as takes_nothing
    from session s
    join session_now n on n.session_id = s.session_id
    join person p on p.participant_key = s.participant_key
    join site t on t.site_id = s.site_id
    join request r on r.session_id = s.session_id and r.sequence = n.sequence
    where s.match_result = 'eligible' and s.live and (s.active or s.ended_at >= $since)
        and not exists (
            select 1
            from session_tie i
            where (i.kind = 'continues' and i.other_id = s.session_id)
                or (i.kind = 'merged' and i.session_id = s.session_id)
        )
),
planned as (
    select e.session_id, e.shortfall_kwh, e.ready_at
    from plan_entry e
    join served v on v.session_id = e.session_id and v.site_id = e.site_id
    where v.active
        and e.plan_version = (select max(x.plan_version) from plan x where x.site_id = e.site_id)
        and v.plan_version <= e.plan_version
),
lately_met as (
    select distinct e.session_id
    from plan_entry e
    join served v on v.session_id = e.session_id and v.site_id = e.site_id
    join (
        select x.site_id, max(x.plan_version) as plan_version
        from plan x
        where x.made_at <= $stands
        group by x.site_id
    ) stood on stood.site_id = e.site_id
    where v.active
        and e.plan_version >= v.plan_version
        and e.plan_version >= stood.plan_version
        and e.shortfall_kwh <= greatest($short_kwh, $short_share * v.energy_need_kwh)
),
answered as (
    select v.session_id
    from served v
    join plan x on x.site_id = v.site_id and x.plan_version = v.plan_version
    where x.made_at <= $stands
)
select v.*, planned.shortfall_kwh, planned.ready_at, z.energy_kwh as settled_kwh,
    z.uncontrolled_cost_usd - z.cost_usd as saved_usd,
    case
        when not v.active then 'summary'
        when v.kind = 'need' and v.delivered_kwh >= v.energy_need_kwh - 0.05 then 'ready'
        else 'cannot_meet'
    end as note
from served v
left join planned on planned.session_id = v.session_id
left join settlement z on z.session_id = v.session_id
where (
        (not v.active and v.kind <> 'release' and z.session_id is not null)
        or (v.active and v.kind = 'need' and v.delivered_kwh >= v.energy_need_kwh - 0.05)
        or (
            v.active
            and v.kind = 'need'
            and v.departure_at > $now
            and planned.shortfall_kwh > greatest($short_kwh, $short_share * v.energy_need_kwh)
            and not coalesce(v.takes_nothing, false)
            and v.session_id in (select session_id from answered)
            and v.session_id not in (select session_id from lately_met)
        )
    )
    and not exists (
        select 1
        from message m
        where m.session_id = v.session_id
            and m.kind = case
                when not v.active then 'summary'
                when v.delivered_kwh >= v.energy_need_kwh - 0.05 then 'ready'
                else 'cannot_meet'
            end
            and m.marker = case when v.active then v.request_id else '' end
    );
