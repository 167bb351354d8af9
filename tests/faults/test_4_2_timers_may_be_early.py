"""What ran out is what ended the call, also where timers ring too early.

Those of uvloop do by up to a millisecond.
"""

import asyncio
from typing import Any

import pytest

from runloop_async import APITimeoutError, AsyncRunloop, PollingConfig, PollingTimeout
from tests.rawserver import RawServer, then_hang

EARLY_S = 0.05
"""More than any timer is, so that the tests see it in each run."""


@pytest.fixture(autouse=True)
def _early(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    del path
    call_at: Any = asyncio.BaseEventLoop.call_at

    def early(self: Any, when: float, *args: Any, **more: Any) -> Any:
        return call_at(self, when - EARLY_S, *args, **more)

    monkeypatch.setattr(asyncio.BaseEventLoop, "call_at", early)


@pytest.mark.parametrize("kind", ["run", "runs", "devbox"])
async def test_a_wait_ends_as_a_wait(kind: str) -> None:
    short = PollingConfig(timeout_seconds=0.3)
    async with (
        RawServer(then_hang()) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        runs = client.benchmark_runs
        with pytest.raises(PollingTimeout):  # noqa: PT012 - one of them
            if kind == "run":
                await runs.wait("bmr_1", polling_config=short)
            elif kind == "runs":
                await runs.wait_many(["bmr_1"], polling_config=short)
            else:
                await client.devboxes.await_running("dbx_1", polling_config=short)


async def test_a_deadline_is_the_deadline() -> None:
    async with (
        RawServer(then_hang()) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        with pytest.raises(APITimeoutError) as caught:
            await client.accounts.me().with_options(deadline=0.3)

    assert caught.value.phase == "deadline"
    assert caught.value.out_of_time


async def test_a_timeout_is_one_of_an_attempt() -> None:
    async with (
        RawServer(then_hang()) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        call = client.accounts.me().with_options(timeout=0.3, max_retries=0)
        with pytest.raises(APITimeoutError) as caught:
            await call

    assert caught.value.phase == "read"
