delete from session_meter
where session_id in (select b.session_id from batch b)
    and not exists (select 1 from meter_value m where m.session_id = session_meter.session_id);
