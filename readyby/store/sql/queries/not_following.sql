select e.evse_id, s.evse_id is not null as silent
from evse e
left join evse_state t on t.evse_id = e.evse_id
left join evse_silence s on s.evse_id = e.evse_id
where e.site_id = $site_id and (not coalesce(t.following, true) or s.evse_id is not null)
order by e.place;
