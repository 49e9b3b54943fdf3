insert into person (
    participant_key, token_hash, phone, phone_hash, consent_at, consent_source, consent_version, consent_text,
    wh_per_mi, language, synthetic, enrolled_at, changed_at
)
select
    participant_key, token_hash, phone, phone_hash, consent_at, consent_source, consent_version, consent_text,
    wh_per_mi, language, synthetic, enrolled_at, changed_at
from batch;
