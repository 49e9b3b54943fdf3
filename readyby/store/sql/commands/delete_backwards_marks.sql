delete from quality_mark
where kind = 'energy_backwards'
    and exists (
        select 1
        from meter_value m
        join batch b on b.session_id = m.session_id
        where m.evse_id = quality_mark.evse_id and m.measured_at = quality_mark.measured_at
    );
