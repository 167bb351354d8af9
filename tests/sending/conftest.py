"""Whatever holds for sending holds on both paths."""

import pytest


@pytest.fixture(autouse=True)
def _both(path: str) -> None:
    """Run each test here on both paths."""
    del path
