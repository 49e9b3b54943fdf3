delete from paused_person where participant_key = $participant_key;
