"""`deadline` is for all of a transfer, `idle` for the time between two pieces."""

import asyncio
from pathlib import Path

import pytest

from runloop_async import APITimeoutError, AsyncRunloop, Timeouts
from tests.rawserver import Connection, Incoming, RawServer, chunked
from tests.sends import KEY

pytestmark = pytest.mark.usefixtures("path")


async def drip(_: Incoming, connection: Connection) -> None:
    """Send a piece every 20 ms, for as long as anyone listens."""
    await connection.send(chunked())
    while True:
        await connection.send(b"1\r\nx\r\n")
        await asyncio.sleep(0.02)


async def stall(_: Incoming, connection: Connection) -> None:
    await connection.send(chunked(b"x"))
    await connection.until_left()


async def test_a_download_that_goes_on_ends_at_its_deadline(tmp_path: Path) -> None:
    async with (
        asyncio.timeout(30),  # it drips for ever
        RawServer(drip) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY, max_retries=0) as client,
    ):
        file = client.benchmark_runs.download_logs("bmr_1")
        with pytest.raises(APITimeoutError) as caught:
            await file.with_options(deadline=1).write_to_file(tmp_path / "x")

    assert caught.value.phase == "deadline"
    assert caught.value.out_of_time
    assert caught.value.attempts == 1
    assert await asyncio.to_thread(lambda: [*tmp_path.iterdir()]) == []


async def test_idle_time_is_a_knob_of_its_own(tmp_path: Path) -> None:
    timeouts = Timeouts(total=None, idle=0.1)
    async with (
        RawServer(stall) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY, max_retries=0) as client,
    ):
        file = client.benchmark_runs.download_logs("bmr_1")
        with pytest.raises(APITimeoutError) as caught:
            await file.with_options(timeout=timeouts, deadline=30).write_to_file(
                tmp_path / "x"
            )

    assert caught.value.phase == "total"
    assert not caught.value.out_of_time
