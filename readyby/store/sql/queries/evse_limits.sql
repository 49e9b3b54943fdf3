select evse_id, site_id, max_kw from evse;
