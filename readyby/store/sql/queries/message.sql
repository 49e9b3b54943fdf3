select message_id, state, key_hash from message where message_id = $message_id;
