create table half_wish (
    session_id text primary key,
    heard_at timestamptz not null,
    departure_at timestamptz,
    amount double precision,
    unit text
);
