"""What opens other doors than the API's is as secret as its key.

The signature of a presigned URL, and the token of a tunnel to terminals: no error with
all of its frames, no log record and no event shows them.
"""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from runloop_async import AsyncRunloop, Flow, RunloopError
from runloop_async.testing import Emulator, delay, reset, status, wrong_type
from runloop_async.testing.world import World
from tests.test_secrets import CANARY, leaks, logged

SECRET = {"sig_", "pty_"}
"""How the emulator's signatures and tokens begin."""
STORED = "/emulated-storage/*"


@pytest.fixture(autouse=True)
def all_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.fixture
async def api(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Emulator]:
    """Give an emulator whose signatures and tokens can be told from its ids."""
    original = World.new_id

    def new_id(world: World, prefix: str) -> str:
        return original(world, f"{prefix}canary-" if prefix in SECRET else prefix)

    monkeypatch.setattr(World, "new_id", new_id)
    async with Emulator() as emulator:
        emulator.devboxes.add(id="dbx")
        emulator.objects.add(b"content", id="obj")
        yield emulator


@pytest.fixture
def events() -> list[Any]:
    return []


@pytest.fixture
async def client(api: Emulator, events: list[Any]) -> AsyncIterator[AsyncRunloop]:
    async with AsyncRunloop(
        bearer_token=CANARY,
        base_url=api.url,
        max_retries=1,
        timeout=0.2,
        on_event=events.append,
    ) as made:
        yield made


def shown(error: BaseException, caplog: Any, events: list[Any]) -> list[str]:
    told = [repr(each) for each in events]
    return leaks(error) + logged(caplog) + [each for each in told if "canary" in each]


async def resized(client: AsyncRunloop) -> None:
    async with client.pty.attach("dbx") as terminal:
        assert "canary" not in repr(terminal)
        await terminal.resize(10, 10)


@pytest.mark.parametrize("fault", [status(403), status(503), reset(), delay(60)])
@pytest.mark.parametrize("method", ["PUT", "GET"])
async def test_a_presigned_url_is_not_shown(
    client: AsyncRunloop,
    api: Emulator,
    caplog: pytest.LogCaptureFixture,
    events: list[Any],
    method: str,
    fault: Any,
) -> None:
    api.faults.add(fault, path=STORED, method=method)
    objects = client.objects
    call: Flow[Any] = objects.download_as_bytes("obj")
    if method == "PUT":
        call.close()
        call = objects.upload_from_bytes(b"content", "o")
    with pytest.raises(RunloopError) as raised:
        await call

    assert events
    assert shown(raised.value, caplog, events) == []


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/pty/main", status(500)),
        ("/pty/main", reset()),
        ("/pty/main", delay(60)),
        ("/pty/main", wrong_type("connect_url", None)),
        ("/pty/main", wrong_type("connect_url", "/nowhere")),
        ("/pty/main", wrong_type("connect_url", ":1/x")),
        ("/pty/main/ws", status(409)),
        ("/pty/main/ws", reset()),
        ("/pty/main/control", status(500)),
    ],
)
async def test_the_token_of_a_tunnel_is_not_shown(
    client: AsyncRunloop,
    api: Emulator,
    caplog: pytest.LogCaptureFixture,
    events: list[Any],
    path: str,
    fault: Any,
) -> None:
    api.faults.add(fault, path=path)
    with pytest.raises(RunloopError) as raised:
        await resized(client)

    assert shown(raised.value, caplog, events) == []
