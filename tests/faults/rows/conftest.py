"""Each row holds on both paths to a server, and its backoffs take no time."""

import pytest

from runloop_async.sending.alarms import Alarms
from runloop_async.sending.clock import SystemClock
from tests.fakes import FakeClock


@pytest.fixture(autouse=True)
def _both(path: str) -> None:
    del path


@pytest.fixture(autouse=True)
def _no_waiting(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runloop_async.client.SystemClock", lambda: clock)
    # Timeouts do: what is awaited there are real sockets.

    def alarms(_: object) -> Alarms:
        return Alarms(SystemClock())

    monkeypatch.setattr("runloop_async.sending.pool.Alarms", alarms)
