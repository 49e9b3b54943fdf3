create table evse_fact (
    evse_id text primary key,
    circuit text not null,
    connection text not null,
    steps_kw double precision [] not null,
    max_pauses integer,
    min_on_min double precision not null,
    min_off_min double precision not null
);
