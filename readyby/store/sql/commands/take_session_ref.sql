update session set session_ref = null where session_id = $session_id;
