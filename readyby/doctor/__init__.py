"""Looks at the machine and at the running parts; each finding that is not well names its remedy."""

from readyby.doctor.checks import examine
from readyby.doctor.findings import Finding, Health

__all__ = ["Finding", "Health", "examine"]
