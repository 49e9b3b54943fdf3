"""Benchmarks of the running product: what they print is what README and docs may say."""
