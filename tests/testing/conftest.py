"""What the tests of the emulator share."""

from collections.abc import AsyncIterator

import pytest

from runloop_async.testing import Emulator
from tests.testing.talk import Caller, Desk, calling


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def api() -> AsyncIterator[Emulator]:
    async with Emulator(speed=0.0) as emulator:
        yield emulator


@pytest.fixture
async def caller(api: Emulator) -> AsyncIterator[Caller]:
    async with calling(api) as client:
        yield client
