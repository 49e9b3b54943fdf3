update message
set state = 'sending', claimed_at = $claimed_at, key_hash = $key_hash
where message_id = $message_id and state = 'intent';
