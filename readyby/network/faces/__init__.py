"""Faces of the simulated network: the same EVSEs and cars behind the protocols of real networks."""
