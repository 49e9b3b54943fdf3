"""Core: the process that owns the store and runs the loop."""
