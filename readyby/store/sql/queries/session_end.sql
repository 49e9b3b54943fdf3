select ended_at from session where session_id = $session_id;
