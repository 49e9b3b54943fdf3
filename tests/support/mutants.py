"""The planner with one constraint taken away at a time: what some test must notice."""

from tests.support.mutants_of_limits import LIMITS
from tests.support.mutants_of_plans import WISHES

MUTANTS = (*LIMITS, *WISHES)
