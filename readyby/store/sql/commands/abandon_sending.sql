update message
set state = 'unknown', settled_at = $settled_at, error = 'core stopped while it was being sent'
where state = 'sending'
returning message_id;
