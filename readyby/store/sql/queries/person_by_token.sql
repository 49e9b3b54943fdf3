select
    participant_key, token_hash, phone, consent_at, consent_source, consent_version, consent_text, wh_per_mi,
    language, synthetic, enrolled_at
from person
where token_hash = $token_hash;
