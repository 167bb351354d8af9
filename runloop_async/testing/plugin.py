"""The pytest plugin: an emulator as a fixture.

The fixture is asynchronous. Where pytest-asyncio is installed it is one of its own,
in either mode of it; else it is a plain one, which anyio's plugin runs.
"""

from collections.abc import AsyncIterator

import pytest

from runloop_async.testing.emulator import Emulator

try:
    from pytest_asyncio import fixture
except ModuleNotFoundError:
    fixture = pytest.fixture  # type: ignore[assignment]  # of use alike


@fixture
async def runloop_emulator() -> AsyncIterator[Emulator]:
    """Give the test a started emulator of its own."""
    async with Emulator() as api:
        yield api
