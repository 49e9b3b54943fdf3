create table inbound_text (
    message_sid text primary key,
    known boolean not null,
    received_at timestamptz not null
);
