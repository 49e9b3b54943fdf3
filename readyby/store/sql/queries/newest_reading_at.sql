select max(last_at) as newest_at from session_meter;
