select session_id, participant_key from session where session_id = $session_id;
