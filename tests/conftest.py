"""What all tests share: a clock without waiting, a recorder, one mocked exchange."""

import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientResponse
from aioresponses import aioresponses

from runloop_async.annotations import override
from runloop_async.testing import Emulator
from tests.fakes import FakeClock, Recorder


class _Answer(ClientResponse):
    """An answer with the stream writer that aiohttp 3.14 wants.

    aioresponses 0.7.9 does not pass one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        writer: Any = SimpleNamespace(output_size=0)
        super().__init__(*args, stream_writer=writer, **kwargs)


class Exchange(aioresponses):
    """One HTTP exchange whose bytes the test spells out."""

    @override
    def add(self, *args: Any, **kwargs: Any) -> None:
        add: Any = super().add  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        add(*args, **{"response_class": _Answer, **kwargs})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def recorder(clock: FakeClock) -> Recorder:
    return Recorder(clock)


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    mock = Exchange()
    with mock:
        yield mock


@pytest.fixture
def service(runloop_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """Let the environment name an emulator as the service."""
    monkeypatch.setenv("RUNLOOP_API_KEY", "any")
    monkeypatch.setenv("RUNLOOP_BASE_URL", runloop_emulator.url)
    return runloop_emulator


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the variables of whoever runs the tests out of them."""
    for name in ("API_KEY", "BASE_URL", "CUSTOM_HEADERS", "LOG"):
        monkeypatch.delenv(f"RUNLOOP_{name}", raising=False)


@pytest.fixture(params=["direct", "session"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Take one path to a server, then the other."""
    if request.param == "session":
        monkeypatch.setattr("runloop_async.sending.pool.is_usable", lambda: False)
    return str(request.param)


@pytest.fixture
def full_port() -> Iterator[int]:
    """Listen where no connection is taken, as behind a firewall that drops packets."""
    with socket.socket() as listener, socket.socket() as first:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        first.connect(listener.getsockname())  # the only place in the queue
        port: int = listener.getsockname()[1]
        yield port
