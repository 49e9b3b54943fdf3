delete from forgotten;
