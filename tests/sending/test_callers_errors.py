"""What the caller's own code raises comes out itself, at once."""

from collections.abc import AsyncIterator

import pytest

from runloop_async import AsyncRunloop
from runloop_async.errors import ConfigurationError
from tests.rawserver import http_json
from tests.sends import KEY
from tests.served import served


async def broken() -> AsyncIterator[bytes]:
    yield b"the beginning"
    raise KeyError("of the caller")


async def test_an_error_of_a_source_comes_out_at_once() -> None:
    async with served(http_json({})) as (server, client):
        for _ in range(12):
            with pytest.raises(KeyError, match="of the caller"):
                await client.devboxes.upload_file("dbx", path="/a", file=broken())
        assert client.stats().is_down is False
        assert client.stats().upload.in_flight == 0
        await client.devboxes.upload_file("dbx", path="/a", file=b"whole")

    assert server.requests[-1].body.count(b"whole") == 1


async def event(_: object) -> None:
    """Never run: nothing awaits it."""


def test_a_coroutine_function_for_events_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="plain function"):
        AsyncRunloop(bearer_token=KEY, on_event=event)


async def test_a_coroutine_function_for_progress_is_refused() -> None:
    async with AsyncRunloop(bearer_token=KEY) as client:
        with pytest.raises(TypeError, match="plain function"):
            await client.bulk([], on_progress=event)
