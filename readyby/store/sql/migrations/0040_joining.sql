create table joining (
    join_hash text primary key,
    phone_hash text not null,
    code_hash text not null,
    token_hash text,
    site_id text not null,
    evse_id text not null,
    wh_per_mi double precision not null,
    language text not null,
    consent_source text not null,
    consent_version text not null,
    consent_text text not null,
    began_at timestamptz not null,
    texted boolean not null,
    tries integer not null,
    confirmed_at timestamptz,
    state text not null
);
