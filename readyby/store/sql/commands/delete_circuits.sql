delete from circuit where site_id = $site_id;
