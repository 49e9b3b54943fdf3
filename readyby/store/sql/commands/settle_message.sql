update message
set state = $state, settled_at = $settled_at, provider_id = $provider_id, error = $error
where message_id = $message_id;
