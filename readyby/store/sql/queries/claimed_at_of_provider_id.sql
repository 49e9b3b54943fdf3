select claimed_at from message where provider_id = $provider_id;
