"""The pytest plugin: an emulator, and a client of it, as fixtures.

The fixtures are asynchronous. Where pytest-asyncio is installed they are of its own
kind, in either mode of it; else they are plain ones, which anyio's plugin runs.
"""

from collections.abc import AsyncIterator

import pytest

from runloop_async.client import AsyncRunloop
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


@fixture
async def runloop_client(runloop_emulator: Emulator) -> AsyncIterator[AsyncRunloop]:
    """Give the test a client of its emulator."""
    async with AsyncRunloop(
        bearer_token="emulated",  # noqa: S106 - the emulator takes any key
        base_url=runloop_emulator.url,
    ) as client:
        yield client
