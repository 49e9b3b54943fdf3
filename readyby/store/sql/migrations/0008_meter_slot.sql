create table meter_slot (
    session_id text not null,
    evse_id text not null,
    slot_at timestamptz not null,
    readings bigint not null,
    power_sum_kw double precision not null
);
