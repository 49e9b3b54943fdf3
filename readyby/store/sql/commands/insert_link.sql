insert into link (key_hash, session_id, created_at) values ($key_hash, $session_id, $created_at);
