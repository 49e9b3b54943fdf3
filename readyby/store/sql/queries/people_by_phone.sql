select participant_key, language from person where phone_hash = $phone_hash order by changed_at desc, participant_key;
