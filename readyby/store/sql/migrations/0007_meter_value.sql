create table meter_value (
    session_id text not null,
    evse_id text not null,
    measured_at timestamptz not null,
    power_kw double precision not null,
    energy_kwh double precision not null
);
