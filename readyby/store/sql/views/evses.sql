create or replace view evses as
select
    e.evse_id,
    e.site_id,
    e.max_kw,
    e.min_kw,
    e.standing_cap_kw,
    e.voltage_v,
    e.phases,
    e.controlled,
    coalesce(t.following, true) as following,
    coalesce(t.trouble, '') as trouble,
    t.changed_at as following_changed_at,
    q.since_at as silent_since
from evse e
left join evse_state t on t.evse_id = e.evse_id
left join evse_silence q on q.evse_id = e.evse_id;
