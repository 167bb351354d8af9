"""What the tests of exports share."""

import pytest

from runloop_async.testing import Emulator


@pytest.fixture
def ids(runloop_emulator: Emulator) -> list[str]:
    ids = runloop_emulator.populate(runs=60, benchmarks=2, scenarios=4)
    runloop_emulator.world.settle()
    return ids
