create table stopped_phone (
    phone_hash text primary key,
    stopped_at timestamptz not null
);
