delete from delivery where provider_id = $provider_id;
