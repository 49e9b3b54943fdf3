begin transaction read only;
