select count(*) as forgotten from forgotten;
