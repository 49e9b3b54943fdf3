insert into evse_fact (evse_id, circuit, connection, steps_kw, max_pauses, min_on_min, min_off_min)
select evse_id, circuit, connection, steps_kw, max_pauses, min_on_min, min_off_min
from batch;
