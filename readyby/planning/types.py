"""Names for the arrays of the planner."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Matrix = Any
"""A scipy sparse matrix; its stubs do not agree over versions."""
