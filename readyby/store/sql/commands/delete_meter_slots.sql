delete from meter_slot where session_id in (select b.session_id from batch b);
