"""A compressed body that is cut, or no compressed body at all, is no whole response."""

import asyncio
import gzip
import json
import zlib

import pytest

from runloop_async import AsyncRunloop, TruncatedBodyError
from tests.rawserver import Connection, Incoming, RawServer, http
from tests.samples import run
from tests.sends import KEY

pytestmark = pytest.mark.usefixtures("path")

BODY = json.dumps(run("bmr_1") | {"name": "n" * 600_000}).encode()
RAW = zlib.compressobj(wbits=-15)
WHOLE = {
    "gzip": ("gzip", gzip.compress(BODY)),
    "two members": ("gzip", gzip.compress(BODY[:9]) + gzip.compress(BODY[9:])),
    "padding": ("x-gzip", gzip.compress(BODY) + b"\0" * 9),
    "zlib": ("deflate", zlib.compress(BODY)),
    "raw": ("deflate", RAW.compress(BODY) + RAW.flush()),
    "none": ("identity", BODY),
}
BROKEN = {
    "cut": ("gzip", gzip.compress(BODY)[:-200]),
    "cut deflate": ("deflate", zlib.compress(BODY)[:-200]),
    "text": ("gzip", BODY),
    "rest": ("gzip", gzip.compress(BODY) + b"rest"),
    "rest of deflate": ("deflate", zlib.compress(BODY) + b"rest"),
    "unknown": ("br", BODY),
}


@pytest.mark.parametrize(("encoding", "body"), WHOLE.values(), ids=WHOLE)
async def test_what_is_whole_is_inflated(encoding: str, body: bytes) -> None:
    async with (
        RawServer(http(body, f"Content-Encoding: {encoding}")) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        got = await client.benchmark_runs.retrieve("bmr_1").raw()

    assert got.body == BODY


async def test_pieces_may_come_byte_by_byte() -> None:
    async def drip(_: Incoming, connection: Connection) -> None:
        whole = http(gzip.compress(b"{}"), "Content-Encoding: gzip")
        for byte in whole:
            await connection.send(bytes([byte]))
            await asyncio.sleep(0.001)

    async with (
        RawServer(drip) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        got = await client.benchmark_runs.retrieve("bmr_1").raw()

    assert got.body == b"{}"


@pytest.mark.parametrize(("encoding", "body"), BROKEN.values(), ids=BROKEN)
async def test_what_is_not_is_refused(encoding: str, body: bytes) -> None:
    async with (
        RawServer(http(body, f"Content-Encoding: {encoding}")) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY, max_retries=1) as client,
    ):
        with pytest.raises(TruncatedBodyError) as caught:
            await client.benchmark_runs.retrieve("bmr_1").with_options()

    assert caught.value.attempts == len(server.requests) == 2
