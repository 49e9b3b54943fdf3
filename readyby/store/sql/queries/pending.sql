with feed as (
    select max(as_of) as as_of from feed_position where feed = $feed
),
waiting as (
    select 'request' as what, received_at as since_at
    from request
    where outcome = 'new' and plan_version is null and closed_at is null
    union all
    select 'event', happened_at from planning_event where plan_version is null
    union all
    select 'unmatched', first_seen_at from session where match_result is null and live and active
    union all
    select 'undispatched', p.made_at
    from plan p
    where p.dispatched_at is null
        and p.plan_version = (select max(n.plan_version) from plan n where n.site_id = p.site_id)
    union all
    select 'message', m.created_at
    from message m
    cross join feed f
    where m.state in ('intent', 'sending') and (f.as_of is null or m.not_after > f.as_of)
)
select
    count(*) filter (where what = 'request') as requests,
    count(*) filter (where what = 'event') as events,
    count(*) filter (where what = 'unmatched') as unmatched,
    count(*) filter (where what = 'undispatched') as undispatched,
    count(*) filter (where what = 'message') as messages,
    min(since_at) as oldest_at,
    (select as_of from feed) as feed_as_of
from waiting;
