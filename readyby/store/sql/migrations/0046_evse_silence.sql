create table evse_silence (
    evse_id text primary key,
    since_at timestamptz not null
);
