create table person (
    participant_key text primary key,
    token_hash text not null,
    phone text not null,
    phone_hash text not null,
    consent_at timestamptz,
    consent_source text not null,
    wh_per_mi double precision not null,
    language text not null,
    synthetic boolean not null,
    enrolled_at timestamptz not null,
    changed_at timestamptz not null
);
