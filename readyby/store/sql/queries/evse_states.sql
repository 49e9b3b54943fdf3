select evse_id, following, trouble, changed_at from evse_state;
