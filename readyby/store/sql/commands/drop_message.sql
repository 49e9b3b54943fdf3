update message set state = 'dropped', settled_at = $settled_at, error = $error where message_id = $message_id;
