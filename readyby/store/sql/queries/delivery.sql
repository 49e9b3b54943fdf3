select error_code, changed_at, ends from delivery where provider_id = $provider_id;
