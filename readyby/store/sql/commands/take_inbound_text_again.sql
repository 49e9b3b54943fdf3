update inbound_text
set received_at = $received_at
where message_sid = $message_sid and not answered and received_at <= $given_up_at
returning message_sid;
