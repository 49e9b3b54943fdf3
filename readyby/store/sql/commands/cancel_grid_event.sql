update grid_event
set cancelled_at = $at
where site_id = $site_id and name = $name and cancelled_at is null and end_at > $at
returning name;
