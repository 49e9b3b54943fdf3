create table forgotten (
    forgotten_at timestamptz not null
);
