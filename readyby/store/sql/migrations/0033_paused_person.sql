create table paused_person (
    participant_key text primary key,
    since_at timestamptz not null
);
