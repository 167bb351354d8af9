"""The pytest plugin of runloop_async: an emulator, and a client of it, as fixtures.

It imports nothing of weight before a fixture is used: pytest imports it in every run of
an environment in which the package is installed. That is why it is not in the package.

The fixtures are plain ones, for tests of any event loop: the emulator has a thread and
a loop of its own, and a client belongs to the loop that it first sends in.
"""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from runloop_async import AsyncRunloop
    from runloop_async.testing import Emulator

_SCOPE = "runloop_emulator_scope"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting of the emulator's scope."""
    parser.addini(
        _SCOPE,
        "how long the fixture runloop_emulator lives: function, class, module, package "
        "or session",
        default="function",
    )


def _scope(fixture_name: str, config: pytest.Config) -> Any:
    del fixture_name
    return config.getini(_SCOPE)


@pytest.fixture(scope=_scope)
def runloop_emulator() -> "Iterator[Emulator]":
    """Give a started emulator; one for each test, unless the settings say otherwise."""
    from runloop_async.testing import Emulator  # noqa: PLC0415 - not before it is used

    with Emulator() as api:
        yield api


@pytest.fixture
def runloop_client(runloop_emulator: "Emulator") -> "Iterator[AsyncRunloop]":
    """Give the test a client of the emulator."""
    from runloop_async import AsyncRunloop  # noqa: PLC0415 - not before it is used

    client = AsyncRunloop(
        bearer_token="emulated",  # noqa: S106 - the emulator takes any key
        base_url=runloop_emulator.url,
    )
    yield client
    home = client._pool.home  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    if home is None or home.is_closed() or home.is_running():
        home = asyncio.new_event_loop()
        home.run_until_complete(client.aclose())
        home.close()
    else:
        home.run_until_complete(client.aclose())
