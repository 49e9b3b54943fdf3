"""The demo: the whole product on one machine, with a simulated outside, under one supervisor."""
