"""11.9: at the level INFO there is one line for each request."""

import asyncio
import logging
import re

import pytest

from runloop_async import APIConnectionError, AsyncRunloop
from runloop_async.testing import Emulator, status
from tests.rawserver import RawServer, http_json, then_hang
from tests.samples import ACCOUNT
from tests.sends import KEY


@pytest.fixture(autouse=True)
def info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "runloop_async")


def test_the_variable_sets_the_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNLOOP_LOG", "info")
    logger = logging.getLogger("runloop_async")
    before = logger.level

    AsyncRunloop(bearer_token=KEY)

    assert logger.level == logging.INFO
    logger.setLevel(before)


async def test_each_attempt_has_a_line(
    runloop_client: AsyncRunloop,
    runloop_emulator: Emulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    runloop_emulator.faults.add(status(503), times=1)

    await runloop_client.accounts.me()

    lines = [record.getMessage() for record in caplog.records]
    start = "GET /v1/accounts/me: "
    assert len(lines) == 2
    assert re.fullmatch(start + r"503 in \d+ ms, attempt 1, request req_\d+", lines[0])
    assert re.fullmatch(start + r"200 in \d+ ms, attempt 2, request req_\d+", lines[1])


async def test_a_response_without_an_id(caplog: pytest.LogCaptureFixture) -> None:
    async with (
        RawServer(http_json(ACCOUNT)) as server,
        AsyncRunloop(bearer_token=KEY, base_url=server.url) as client,
    ):
        await client.accounts.me()

    assert caplog.messages[0].endswith("ms, attempt 1, request without an id")


async def test_what_has_no_response(caplog: pytest.LogCaptureFixture) -> None:
    client = AsyncRunloop(
        bearer_token=KEY, base_url="http://127.0.0.1:1", max_retries=0
    )

    with pytest.raises(APIConnectionError):
        await client.accounts.me()
    await client.aclose()

    start = "GET /v1/accounts/me: APIConnectionError, attempt 1, "
    assert caplog.messages[0].startswith(start)
    assert KEY not in caplog.text


async def test_what_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    async with (
        RawServer(then_hang()) as server,
        AsyncRunloop(bearer_token=KEY, base_url=server.url) as client,
    ):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.accounts.me(), 0.1)

    assert re.search(r"CancelledError in \d+ ms, attempt 1, no response", caplog.text)
