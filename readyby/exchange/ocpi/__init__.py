"""OCPI 2.2.1 as a Smart Charging Service Provider: one partner (a CPO, or an eMSP or hub before it) each."""
