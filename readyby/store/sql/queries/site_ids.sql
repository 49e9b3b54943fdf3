select site_id from site order by site_id;
