select happened_at, kind, evse_id, what, figure
from (
    (
        select started_at as happened_at, 'session_started' as kind, evse_id, '' as what, 0.0 as figure
        from session where live order by started_at desc limit $limit
    )
    union all
    (
        select ended_at, 'session_ended', evse_id, '', delivered_kwh
        from session_now where live and ended_at is not null order by ended_at desc limit $limit
    )
    union all
    (
        select m.settled_at, 'welcome', s.evse_id, '', 0.0
        from message m join session s on s.session_id = m.session_id
        where m.kind = 'welcome' and m.state = 'sent' order by m.settled_at desc limit $limit
    )
    union all
    (
        select r.received_at, 'request', s.evse_id, r.kind, r.energy_need_kwh
        from request r join session s on s.session_id = r.session_id
        order by r.received_at desc limit $limit
    )
    union all
    (
        select made_at, 'plan', '', method, cast(plan_version as double precision)
        from plan order by made_at desc limit $limit
    )
    union all
    (
        select changed_at, case when state = 'not_followed' then 'not_following' else 'rejected' end, evse_id, '', 0.0
        from command where state in ('not_followed', 'rejected', 'failed') order by changed_at desc limit $limit
    )
    union all
    (
        select t.settled_at, 'settlement', s.evse_id, t.promise, t.cost_usd
        from settlement t join session s on s.session_id = t.session_id
        order by t.settled_at desc limit $limit
    )
) lines
order by happened_at desc, kind, evse_id
limit $limit;
