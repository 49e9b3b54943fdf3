select
    (select count(*) from stopped_phone x where x.phone_hash = $phone_hash) as stopped,
    (select count(*) from unreachable_phone u where u.phone_hash = $phone_hash) as unreachable,
    (
        select count(*) from joining j where j.phone_hash = $phone_hash and j.texted and j.began_at >= $since
    ) as to_phone,
    (
        select count(*) from joining j where j.phone_hash = $phone_hash and j.texted and j.began_at >= $lately
    ) as just_now,
    (select count(*) from joining j where j.site_id = $site_id and j.texted and j.began_at >= $since) as from_site;
