"""The repr of a call: verb and path, with no body, no headers and no query."""

from typing import Any

import pytest

from runloop_async import AsyncRunloop
from tests.rawserver import RawServer, http, http_json
from tests.samples import run

CLIENT: Any = AsyncRunloop(bearer_token="any")
CREATED = CLIENT.benchmarks.start_run(
    benchmark_id="bmd_1", run_profile={"env_vars": {"TOKEN": "canary"}}
)
CREATED.close()


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        (
            CLIENT.benchmark_runs.retrieve("bmr_1"),
            "<Call GET /v1/benchmark_runs/bmr_1>",
        ),
        (
            CLIENT.benchmark_runs.list(name="canary"),
            "<PageCall GET /v1/benchmark_runs>",
        ),
        (CREATED, "<Call POST /v1/benchmarks/start_run>"),
        (
            CREATED.with_options(headers={"x": "canary"}, query={"x": "canary"}),
            "<Call POST /v1/benchmarks/start_run>",
        ),
        (CREATED.raw(), "<Call POST /v1/benchmarks/start_run>"),
        (
            CLIENT.benchmark_runs.download_logs("bmr_1"),
            "<Download POST /v1/benchmark_runs/bmr_1/download_logs>",
        ),
        (CLIENT.benchmark_runs.wait("bmr_1"), "<Flow wait for bmr_1>"),
        (
            CLIENT.benchmark_runs.list(name="canary").all(),
            "<Flow all of /v1/benchmark_runs>",
        ),
        (
            CLIENT.devboxes.logs.tail("dbx_1"),
            "<EventStream GET /v1/devboxes/dbx_1/logs/tail>",
        ),
        (CLIENT.bulk([CREATED]), "<Bulk of 1 calls>"),
        (CLIENT.bulk(iter([CREATED])), "<Bulk of calls>"),
    ],
)
def test_the_repr_is_short(call: object, shown: str) -> None:
    assert repr(call) == shown


async def test_what_became_of_calls_is_shown_without_the_values() -> None:
    answers = [http_json(run() | {"name": "canary"}), http(status=404)]
    async with (
        RawServer(*answers) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        calls = [client.benchmark_runs.retrieve("bmr_1") for _ in range(2)]
        result = await client.bulk(calls, concurrency=1)

    assert repr(result) == "<BulkResult of 2 calls, 1 of them failed>"
    call = "<Call GET /v1/benchmark_runs/bmr_1>"
    assert [repr(each) for each in result.outcomes] == [
        f"<Outcome 0: {call} succeeded>",
        f"<Outcome 1: {call} NotFoundError>",
    ]


def test_nothing_of_a_request_shows_its_body() -> None:
    assert "canary" not in repr(CREATED.request)
