select count(*) as meter_values from meter_value where measured_at < $before;
