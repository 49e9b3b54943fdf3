insert into planning_event (event_id, site_id, kind, detail, happened_at)
select coalesce(max(event_id), 0) + 1, $site_id, $kind, $detail, $happened_at
from planning_event
returning event_id;
