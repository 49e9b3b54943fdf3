select session_id, site_id, active from session where session_ref = $session_ref;
