update site set control_paused = $paused where site_id = $site_id;
