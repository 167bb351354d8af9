"""Flows: several calls in a row, with the same options as a single call."""

from functools import partial

import pytest

from runloop_async import AsyncRunloop, Flow, PollingConfig, PollingTimeout
from runloop_async.errors import ConfigurationError
from tests.rawserver import RawServer, http_json, then_hang
from tests.samples import scenario_run

SCORED = [
    http_json(scenario_run(state="scoring")),
    http_json(scenario_run(state="scoring")),
    http_json(scenario_run(state="scored")),
    http_json(scenario_run(state="completed")),
]
QUICK = PollingConfig(interval_seconds=0.01, timeout_seconds=60)


async def test_options_go_to_each_call_and_the_key_to_the_first_write() -> None:
    async with (
        RawServer(*SCORED) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        flow = client.scenarios.runs.score_and_complete("srn_1", polling_config=QUICK)
        await flow.with_options(headers={"x-a": "b"}, idempotency_key="once")

    sent = [(each.method, each.headers.get("x-a")) for each in server.requests]
    assert sent == [("POST", "b"), ("GET", "b"), ("GET", "b"), ("POST", "b")]
    keys = [each.headers.get("x-request-id") for each in server.requests]
    assert keys[0] == "once"
    assert keys[3] not in {"once", None}


async def test_a_deadline_bounds_the_whole_flow() -> None:
    async with (
        RawServer(*SCORED[:1], then_hang()) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        flow = client.scenarios.runs.score_and_await("srn_1")
        with pytest.raises(PollingTimeout):
            await flow.with_options(deadline=2)

    assert len(server.requests) == 2


async def test_a_shorter_setting_of_the_wait_is_kept() -> None:
    async with (
        RawServer(then_hang()) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        soon = PollingConfig(timeout_seconds=0.1)
        wait = client.benchmark_runs.wait("bmr_1", polling_config=soon)
        with pytest.raises(PollingTimeout, match=r"after 0\.1 s"):
            await wait.with_options(deadline=60)


def test_unusable_options_are_refused() -> None:
    flow = AsyncRunloop(bearer_token="any").benchmark_runs.wait("bmr_1")

    with pytest.raises(ConfigurationError, match="deadline"):
        _ = flow.with_options(deadline=0)


async def test_a_function_of_ones_own_gets_the_options_as_arguments() -> None:
    async def work(name: str, **options: object) -> tuple[str, dict[str, object]]:
        return name, options

    flow = Flow(partial(work, "a"), name="mine")

    assert await flow == ("a", {})
    assert await flow.with_options(timeout=3) == ("a", {"timeout": 3.0})
    assert repr(flow) == "<Flow mine>"
