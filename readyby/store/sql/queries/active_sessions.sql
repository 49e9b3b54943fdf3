select * from session_now where site_id = $site_id and active order by started_at, session_id;
