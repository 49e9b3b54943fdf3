create table evse_fact (
    evse_id text primary key,
    circuit text not null,
    connection text not null
);
