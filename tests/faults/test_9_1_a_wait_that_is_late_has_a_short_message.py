"""`PollingTimeout`: counts, ids and states; the values are in `last_value` alone."""

from typing import Any

import pytest

from runloop_async import (
    APIResponseValidationError,
    AsyncRunloop,
    PollingConfig,
    PollingTimeout,
    WaitError,
)
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from tests.rawserver import RawServer, http_json
from tests.samples import page, run, scenario_run
from tests.sends import sending

MINUTE = PollingConfig(interval_seconds=40, timeout_seconds=60)
"""Of a clock that does not wait."""
SECRET: dict[str, Any] = {"environment_variables": {"TOKEN": "canary"}}


async def test_three_thousand_runs_fit_into_a_line() -> None:
    ids = [f"bmr_{number:020}" for number in range(3000)]
    runs = [run(each) | SECRET for each in ids]
    runs[0]["state"] = "completed"
    async with (
        RawServer(http_json(page("runs", *runs))) as server,
        sending(server.url) as runner,
    ):
        with pytest.raises(PollingTimeout) as caught:
            await BenchmarkRuns(runner).wait_many(ids, polling_config=MINUTE)

    message = str(caught.value)
    assert len(message) < 4000
    assert "2999 running, 1 completed" in message
    assert ids[1] in message
    assert "canary" not in message
    last: Any = caught.value.last_value
    assert len(last) == 3000


async def test_one_run_is_told_by_its_state() -> None:
    async with (
        RawServer(http_json(run() | SECRET | {"name": "x" * 9000})) as server,
        sending(server.url) as runner,
    ):
        with pytest.raises(PollingTimeout, match="last state: running") as caught:
            await BenchmarkRuns(runner).wait("bmr_1", polling_config=MINUTE)

    assert len(str(caught.value)) < 400
    assert "canary" not in str(caught.value)


async def test_long_states_and_reasons_are_cut() -> None:
    failed = scenario_run() | SECRET | {"state": "f" * 100_000}
    async with (
        RawServer(http_json(failed)) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        with pytest.raises(WaitError) as caught:
            await client.scenarios.runs.await_scored("srn_1")

    assert len(str(caught.value)) < 4000
    assert "canary" not in str(caught.value)


async def test_a_path_of_any_length_is_cut() -> None:
    odd: dict[str, Any] = {"metadata": {"k" * 100_000: 5}}
    async with (
        RawServer(http_json(run() | odd)) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        with pytest.raises(APIResponseValidationError) as caught:
            await client.benchmark_runs.retrieve("bmr_1")

    assert len(str(caught.value)) < 1000
    assert len(caught.value.path) > 100_000
