delete from session_meter where last_at < $before;
