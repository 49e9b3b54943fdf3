select count(*) as enrollments from person where phone_hash = $phone_hash;
