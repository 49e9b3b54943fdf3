delete from half_wish where session_id = $session_id;
