update link set closes_at = $closes_at where session_id = $session_id;
