delete from message where participant_key = $participant_key returning provider_id;
