"""Whatever asks whether a function is asynchronous hears yes of every method."""

import asyncio
import inspect
import sys
from typing import Any
from unittest.mock import create_autospec

import pytest

from runloop_async import AsyncRunloop
from tests import surface

CLIENT = AsyncRunloop(bearer_token="any")
METHODS = {
    name: method
    for group, resource in surface.groups(CLIENT)
    for name, method in surface.methods(resource, group)
} | {"bulk": CLIENT.bulk}


def is_asynchronous(function: Any) -> bool:
    if sys.version_info >= (3, 12):
        return inspect.iscoroutinefunction(function)
    return asyncio.iscoroutinefunction(function)  # pyright: ignore[reportDeprecated]


def test_all_methods_are_here() -> None:
    assert len(METHODS) > 50


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_a_method_is_a_coroutine_function(method: Any) -> None:
    assert is_asynchronous(method)


async def test_what_is_generated_from_a_client_can_be_awaited() -> None:
    mock: Any = create_autospec(CLIENT)
    mock.benchmark_runs.retrieve.return_value = "the run"

    assert await mock.benchmark_runs.retrieve("bmr_1") == "the run"


async def test_a_background_task_that_asks_for_the_mark_sends() -> None:
    sent: list[str] = []

    async def run_in_background(function: Any, *args: Any) -> None:
        """Do as starlette's `BackgroundTask` does."""
        if is_asynchronous(function):
            call = function(*args)
            sent.append(call.request.route)
            call.close()
        else:
            await asyncio.to_thread(function, *args)

    await run_in_background(CLIENT.benchmark_runs.cancel, "bmr_1")

    assert sent == ["/v1/benchmark_runs/{id}/cancel"]


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_a_signature_lists_every_parameter(method: Any) -> None:
    kinds = [each.kind for each in inspect.signature(method).parameters.values()]

    assert inspect.Parameter.VAR_KEYWORD not in kinds


@pytest.mark.parametrize(
    "function",
    [
        AsyncRunloop,
        CLIENT.with_options,
        CLIENT.benchmark_runs.list().with_options,
        CLIENT.benchmark_runs.wait("bmr_1").with_options,
        CLIENT.bulk([]).with_options,
        CLIENT.devboxes.logs.tail("dbx_1").with_options,
    ],
)
def test_options_are_listed_too(function: Any) -> None:
    assert "timeout" in inspect.signature(function).parameters


def test_a_signature_shows_what_must_be_given() -> None:
    parameters = inspect.signature(CLIENT.benchmarks.create).parameters

    assert parameters["name"].default is inspect.Parameter.empty
    assert parameters["description"].default is not inspect.Parameter.empty
