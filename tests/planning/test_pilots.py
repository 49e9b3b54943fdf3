import numpy as np
import pytest

from readyby.planning.pilots import Pilot

PLAIN = Pilot(least_kw=1.248, most_kw=6.656)
STEPPED = Pilot(least_kw=1.664, most_kw=6.656, levels=(1.664, 3.328, 6.656))


@pytest.mark.parametrize(
    ("pilot", "wish_kw", "below_kw", "above_kw"),
    [
        (PLAIN, -0.5, 0.0, 1.248),
        (PLAIN, 0.0, 0.0, 1.248),
        (PLAIN, 1.2, 0.0, 1.248),
        (PLAIN, 1.248, 1.248, 1.248),
        (PLAIN, 3.00049, 3.0, 3.001),
        (STEPPED, -0.5, 0.0, 1.664),
        (STEPPED, 1.6, 0.0, 1.664),
        (STEPPED, 5.0, 3.328, 6.656),
        (STEPPED, 7.0, 6.656, 6.656),
    ],
)
def test_setpoints_next_to_a_wish(pilot, wish_kw, below_kw, above_kw):
    assert pilot.floor(wish_kw) == pytest.approx(below_kw, abs=1e-9)
    assert pilot.floors(np.array([wish_kw]))[0] == pytest.approx(below_kw, abs=1e-9)
    assert pilot.ceil(wish_kw) == pytest.approx(above_kw, abs=1e-9)
