delete from meter_slot where slot_at < $before;
