"""An emulator in a thread of its own, for tests without an event loop or with many."""

import asyncio
import threading

import pytest

from runloop_async import APIConnectionError, AsyncRunloop
from runloop_async.testing import Emulator


async def ask(api: Emulator) -> bool:
    """Make one request; tell whether it was answered."""
    async with AsyncRunloop(
        bearer_token="any", base_url=api.url, max_retries=0
    ) as client:
        try:
            await client.accounts.me()
        except APIConnectionError:
            return False
        return True


def test_each_event_loop_reaches_it() -> None:
    with Emulator() as api:
        assert asyncio.run(ask(api))
        assert asyncio.run(ask(api))

        assert api.stats.requests == 2
    with pytest.raises(RuntimeError, match="not running"):
        _ = api.url


def test_the_thread_ends_with_it() -> None:
    before = threading.active_count()

    with Emulator() as api:
        assert threading.active_count() == before + 1
        assert api.url

    assert threading.active_count() == before


async def test_it_is_steered_from_another_event_loop() -> None:
    with Emulator(speed=0.0) as api:
        await api.refuse()
        assert not await ask(api)
        await api.listen()
        assert await ask(api)
        api.drop_connections()
        api.advance(1)
        assert len(api.populate(runs=10)) == 10
        assert await ask(api)
        await api.stop()
        await api.stop()
        await api.start()
        assert await ask(api)


async def test_one_that_is_running_is_not_started_again() -> None:
    before = threading.active_count()

    async with Emulator() as api:
        with pytest.raises(RuntimeError, match="running already"), api:
            pass
        assert await ask(api)

    assert threading.active_count() == before
