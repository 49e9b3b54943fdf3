select evse_id, site_id from evse;
