"""Checks of what the emulator is told."""

import math


def seconds(name: str, value: float) -> float:
    """Return a duration if it is a finite number of at least 0.

    Raises:
        ValueError: It is not.
    """
    if not 0 <= value < math.inf:
        raise ValueError(f"{name} must be a number of at least 0, not {value!r}")
    return value
