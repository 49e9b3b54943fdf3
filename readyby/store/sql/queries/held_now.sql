select evse_id, session_id, limit_kw from held_step where start_at <= $now and until_at > $now;
