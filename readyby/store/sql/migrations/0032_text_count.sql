create table text_count (
    phone_hash text not null,
    since_at timestamptz not null,
    texts integer not null
);
