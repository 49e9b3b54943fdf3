update link set session_id = $session_id, closes_at = null where session_id = $continues_id;
