insert into joining (
    join_hash, phone_hash, code_hash, token_hash, site_id, evse_id, wh_per_mi, language, consent_source,
    consent_version, consent_text, began_at, texted, tries, state
)
values (
    $join_hash, $phone_hash, $code_hash, $token_hash, $site_id, $evse_id, $wh_per_mi, $language, $consent_source,
    $consent_version, $consent_text, $began_at, $texted, 0, 'begun'
)
on conflict (join_hash) do nothing
returning join_hash;
