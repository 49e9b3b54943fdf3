delete from evse_fact
where evse_id in (select evse_id from evse where site_id = $site_id);
