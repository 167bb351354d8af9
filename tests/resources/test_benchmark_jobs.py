import pytest

from runloop_async.calls.polling import PollingConfig
from runloop_async.errors import PollingTimeout
from runloop_async.models.benchmark_jobs import (
    BenchmarkJobView,
    JobAgentConfig,
)
from runloop_async.resources.benchmark_jobs import BenchmarkJobs
from tests.fakes import Recorder
from tests.resources.cases import Case, get, methods, post
from tests.samples import JOB, page

TEN = PollingConfig(timeout_seconds=10)
CASES = {
    "create": Case[BenchmarkJobs](
        lambda r: r.create(
            name="nightly",
            spec={
                "type": "benchmark",
                "benchmark_id": "bmd_1",
                "agent_configs": [
                    JobAgentConfig(name="ada"),
                    {"type": "job_agent", "name": "bob"},
                ],
            },
        ),
        post(
            "/v1/benchmark_jobs",
            {
                "name": "nightly",
                "spec": {
                    "type": "benchmark",
                    "benchmark_id": "bmd_1",
                    "agent_configs": [
                        {"type": "job_agent", "name": "ada"},
                        {"type": "job_agent", "name": "bob"},
                    ],
                },
            },
        ),
        JOB,
        BenchmarkJobView,
    ),
    "retrieve": Case[BenchmarkJobs](
        lambda r: r.retrieve("bmj_1"),
        get("/v1/benchmark_jobs/{id}", id="bmj_1"),
        JOB,
        BenchmarkJobView,
    ),
    "list": Case[BenchmarkJobs](
        lambda r: r.list(limit=5, search="night"),
        get("/v1/benchmark_jobs", {"limit": "5", "search": "night"}),
        page("jobs", JOB),
        BenchmarkJobView,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_method_makes_its_request(case: Case[BenchmarkJobs]) -> None:
    assert case.asked(BenchmarkJobs) == case.request


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_method_gives_its_model(case: Case[BenchmarkJobs]) -> None:
    assert await case.given(BenchmarkJobs) is case.gives


def test_every_method_is_tested() -> None:
    assert methods(BenchmarkJobs) == CASES.keys() | {"wait"}


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled", "timeout"])
async def test_wait_ends_when_the_job_has_ended(recorder: Recorder, state: str) -> None:
    recorder.answers = [
        (200, JOB | {"state": "queued"}),
        (200, JOB | {"state": "a state of next year"}),
        (200, JOB | {"state": state}),
    ]

    got = await BenchmarkJobs(recorder).wait("bmj_1")

    assert got.state == state
    assert recorder.clock.sleeps == [5.0, 5.0]


async def test_wait_ends_at_its_deadline(recorder: Recorder) -> None:
    recorder.answers = [(200, JOB)]

    with pytest.raises(PollingTimeout) as caught:
        await BenchmarkJobs(recorder).wait("bmj_1", polling_config=TEN)

    assert isinstance(caught.value.last_value, BenchmarkJobView)
