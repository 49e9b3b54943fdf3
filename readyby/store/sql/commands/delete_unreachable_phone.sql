delete from unreachable_phone where phone_hash = $phone_hash;
