"""An `await` that was forgotten is told of, where it loses a write."""

import asyncio
import gc
import warnings

import pytest

from runloop_async import AsyncRunloop
from tests.rawserver import RawServer, http_json
from tests.samples import run


@pytest.fixture
def client() -> AsyncRunloop:
    return AsyncRunloop(bearer_token="any")


def drop(call: object) -> None:
    """Take a call, and let go of it."""
    del call


def test_a_dropped_write_warns_with_its_route(client: AsyncRunloop) -> None:
    with pytest.warns(RuntimeWarning, match=r"POST /v1/benchmark_runs/\{id\}/cancel"):
        drop(client.benchmark_runs.cancel("bmr_1"))


def test_a_copy_that_is_dropped_too_warns_once(client: AsyncRunloop) -> None:
    with pytest.warns(RuntimeWarning) as warned:
        drop(client.benchmark_runs.cancel("bmr_1").with_options(timeout=3).raw())

    assert len(warned) == 1


def test_a_dropped_flow_that_would_write_warns(client: AsyncRunloop) -> None:
    with pytest.warns(RuntimeWarning, match="/score"):
        drop(client.scenarios.runs.score_and_await("srn_1"))


def test_a_dropped_read_does_not_warn(client: AsyncRunloop) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        drop(client.benchmark_runs.retrieve("bmr_1"))

    assert warned == []


def test_a_write_that_was_closed_does_not_warn(client: AsyncRunloop) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        client.benchmark_runs.cancel("bmr_1").close()
        gc.collect()

    assert warned == []


async def test_a_write_of_which_any_copy_was_sent_does_not_warn() -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        async with (
            RawServer(http_json(run())) as server,
            AsyncRunloop(base_url=server.url, bearer_token="any") as client,
        ):
            call = client.benchmark_runs.cancel("bmr_1")
            await asyncio.gather(call.with_options(timeout=30))
            await client.bulk([client.benchmark_runs.cancel("bmr_2")])
            del call
            gc.collect()

    assert [w for w in warned if issubclass(w.category, RuntimeWarning)] == []


async def test_a_bulk_that_is_left_early_does_not_warn_of_the_rest() -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        async with (
            RawServer(http_json(run())) as server,
            AsyncRunloop(base_url=server.url, bearer_token="any") as client,
        ):
            calls = [client.benchmark_runs.cancel(f"bmr_{n}") for n in range(9)]
            outcomes = client.bulk(calls, concurrency=1).as_completed()
            await anext(outcomes)
            await outcomes.aclose()
            del calls
            gc.collect()

    assert [w for w in warned if issubclass(w.category, RuntimeWarning)] == []
