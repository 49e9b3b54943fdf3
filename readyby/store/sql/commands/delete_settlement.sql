delete from settlement where session_id = $session_id;
