"""Reads [type, object] lines and writes one line each: null, or why the object is none of that type."""

import json
import sys

from ocpi_types import v2_2_1

for line in sys.stdin:
    name, value = json.loads(line)
    try:
        getattr(v2_2_1, name).from_dict(value)
    except Exception as error:  # noqa: BLE001 - whatever it finds is the answer
        said = f"{name}: {type(error).__name__}: {error}"
    else:
        said = None
    sys.stdout.write(json.dumps(said) + "\n")
