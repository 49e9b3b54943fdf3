create table claim (
    claim_id text primary key,
    site_id text not null,
    owner text not null,
    claimed_at timestamptz not null,
    state text not null,
    plan_version bigint
);
