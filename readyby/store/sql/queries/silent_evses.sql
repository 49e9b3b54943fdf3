select evse_id from evse_silence order by evse_id;
