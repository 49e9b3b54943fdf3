delete from meter_value where measured_at < $before;
