"""What tests of devboxes have in common."""

from collections.abc import AsyncIterator

import pytest

from runloop_async.testing import Emulator


@pytest.fixture
async def api() -> AsyncIterator[Emulator]:
    async with Emulator(speed=100.0) as emulator:
        yield emulator
