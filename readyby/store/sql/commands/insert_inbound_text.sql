insert into inbound_text (message_sid, known, received_at, answered)
values ($message_sid, $known, $received_at, false)
on conflict (message_sid) do nothing
returning message_sid;
