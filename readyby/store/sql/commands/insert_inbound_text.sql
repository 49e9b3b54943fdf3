insert into inbound_text (message_sid, known, received_at)
values ($message_sid, $known, $received_at)
on conflict (message_sid) do nothing
returning message_sid;
