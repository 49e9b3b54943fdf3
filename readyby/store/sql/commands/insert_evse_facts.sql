insert into evse_fact (evse_id, circuit, connection)
select evse_id, circuit, connection
from batch;
