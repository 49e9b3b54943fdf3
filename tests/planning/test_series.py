"""Many series read together say what each says alone."""

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from readyby.planning.series import many_series, mean_of, value_at
from tests.planning.test_optimum import LAWS
from tests.support.planning import NOW

MINUTES = (0, 8, 23, 38, 53, 68)
EDGES = np.array([NOW.timestamp() + 60 * minute for minute in MINUTES])
WHEN = st.sampled_from(MINUTES) | st.integers(-90, 200)
POINTS = st.dictionaries(WHEN, st.floats(0.0, 7.0), min_size=1, max_size=6)


@LAWS
@given(st.lists(POINTS, min_size=1, max_size=5))
def test_together_as_alone(drawn):
    """Minutes fall before, on, between and after the edges of the slots, in any order."""
    series = [tuple((NOW + timedelta(minutes=m), kw) for m, kw in points.items()) for points in drawn]
    together = many_series(series)
    assert np.array_equal(together.means(EDGES), [mean_of(one, EDGES) for one in series])
    assert np.array_equal(together.values_at(EDGES[:-1]), [value_at(one, EDGES[:-1]) for one in series])
