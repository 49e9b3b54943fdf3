"""Sentences: each flow says what happens, in order; the acts know how."""
