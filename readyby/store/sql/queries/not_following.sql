select e.evse_id
from evse e
join evse_state t on t.evse_id = e.evse_id
where e.site_id = $site_id and not t.following
order by e.place;
