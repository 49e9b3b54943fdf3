delete from held_step where evse_id in (select b.evse_id from batch b);
