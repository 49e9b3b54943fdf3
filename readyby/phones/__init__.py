"""Simulated phones and the people who hold them: the demo's drivers, outside of the product."""
