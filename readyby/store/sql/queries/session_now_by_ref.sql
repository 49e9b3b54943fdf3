select * from session_now where session_ref = $session_ref;
