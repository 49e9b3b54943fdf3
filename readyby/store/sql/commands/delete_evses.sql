delete from evse where site_id = $site_id;
