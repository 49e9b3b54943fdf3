"""Handlers of queries."""
