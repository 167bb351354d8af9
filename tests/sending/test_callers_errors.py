"""What the caller's own code raises comes out itself, at once."""

from collections.abc import AsyncIterator

import pytest

from tests.rawserver import http_json
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
