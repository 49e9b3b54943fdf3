"""A simulated charging network: EVSEs, the cars of real sessions, and the vendor cloud in front of them."""
