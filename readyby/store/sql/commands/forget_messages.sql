delete from message
where created_at < $before
    and state not in ('intent', 'sending')
    and not exists (select 1 from session s where s.session_id = message.session_id and s.active)
returning message_id;
