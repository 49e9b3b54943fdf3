delete from evse_silence where evse_id = $evse_id;
