"""What goes out, what comes of the answers, and when an attempt is made again."""

import time
from uuid import UUID

import pytest

from runloop_async._version import __version__
from runloop_async.calls.call import Call
from runloop_async.calls.reading import reader
from runloop_async.calls.tally import Tally
from runloop_async.errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    APITLSError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    RedirectError,
)
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.options import ClientParams, RetryPolicy
from runloop_async.resources.accounts import Accounts
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from runloop_async.resources.benchmarks.benchmarks import Benchmarks
from runloop_async.sending.clock import SystemClock
from runloop_async.wire.request import Request
from tests.fakes import FakeClock
from tests.rawserver import (
    Answer,
    RawServer,
    free_port,
    http,
    http_json,
    then_close,
    then_hang,
)
from tests.samples import ACCOUNT, BENCHMARK, run
from tests.sends import KEY, sending

RUN = http_json(run())
DOWN = http_json({"message": "down"}, status=503)
SLOW_DOWN = http_json({"message": "slow down"}, "Retry-After: 7", status=429)


async def test_a_read_is_sent_with_the_key_and_without_a_request_id() -> None:
    async with RawServer(RUN) as server, sending(server.url) as runner:
        got = await BenchmarkRuns(runner).retrieve("bmr_1")

    (request,) = server.requests
    assert got == BenchmarkRunView(
        id="bmr_1", metadata={}, start_time_ms=1, state="running"
    )
    assert (request.method, request.target) == ("GET", "/v1/benchmark_runs/bmr_1")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"] == f"runloop-async/{__version__}"
    assert not {"x-request-id", "content-type"} & request.headers.keys()


async def test_a_write_is_sent_with_its_body_and_a_request_id() -> None:
    async with (
        RawServer(http_json(BENCHMARK)) as server,
        sending(server.url) as runner,
    ):
        await Benchmarks(runner).create(name="sums")

    (request,) = server.requests
    assert request.body == b'{"name":"sums"}'
    assert request.headers["content-type"] == "application/json"
    assert UUID(request.headers["x-request-id"]).version == 4


async def test_a_write_without_fields_has_no_body() -> None:
    async with RawServer(RUN) as server, sending(server.url) as runner:
        await BenchmarkRuns(runner).cancel("bmr_1")

    (request,) = server.requests
    assert request.body == b""
    assert "content-type" not in request.headers


async def test_a_path_within_the_base_url_stays_in_front() -> None:
    async with RawServer(RUN) as server, sending(f"{server.url}/there") as runner:
        await BenchmarkRuns(runner).retrieve("a/b")

    assert server.requests[0].target == "/there/v1/benchmark_runs/a%2Fb"


async def test_queries_of_call_request_and_client_are_merged_in_this_order() -> None:
    query = {"limit": 1, "region": "eu", "gone": "x"}

    async with (
        RawServer(http_json({"runs": [], "has_more": False})) as server,
        sending(server.url, default_query=query) as runner,
    ):
        runs = BenchmarkRuns(runner).list(limit=2, name="a b")
        await runs.with_options(query={"region": "us", "gone": None})

    assert server.requests[0].target == (
        "/v1/benchmark_runs?limit=2&region=us&name=a+b"
    )


async def test_headers_of_a_call_replace_those_of_the_client() -> None:
    headers = {"X-Team": "blue", "X-Stage": "test"}

    async with (
        RawServer(RUN) as server,
        sending(server.url, default_headers=headers) as runner,
    ):
        call = BenchmarkRuns(runner).retrieve("bmr_1")
        await call.with_options(headers={"x-team": "red"})
        await call

    replaced, plain = server.requests
    assert (replaced.headers["x-team"], replaced.headers["x-stage"]) == ("red", "test")
    assert plain.headers["x-team"] == "blue"


async def test_all_attempts_of_a_write_have_the_same_request_id() -> None:
    async with RawServer(SLOW_DOWN, DOWN, RUN) as server, sending(server.url) as runner:
        benchmarks = Benchmarks(runner)
        with pytest.raises(APIResponseValidationError):
            await benchmarks.archive("bmd_1")
        with pytest.raises(APIResponseValidationError):
            await benchmarks.archive("bmd_1")

    first, second, third, other = (r.headers["x-request-id"] for r in server.requests)
    assert first == second == third
    assert first != other


async def test_the_request_id_of_a_write_can_be_chosen_and_a_read_has_none() -> None:
    async with RawServer(RUN) as server, sending(server.url) as runner:
        runs = BenchmarkRuns(runner)
        await runs.cancel("bmr_1").with_options(idempotency_key="mine")
        await runs.retrieve("bmr_1").with_options(idempotency_key="mine")

    write, read = server.requests
    assert write.headers["x-request-id"] == "mine"
    assert "x-request-id" not in read.headers


async def test_raw_gives_the_answer_as_it_came() -> None:
    answer = http_json(run(), "X-Request-Id: req_1", status=201)

    async with RawServer(answer) as server, sending(server.url) as runner:
        raw = await BenchmarkRuns(runner).retrieve("bmr_1").raw()

    assert (raw.status, raw.request_id) == (201, "req_1")
    assert raw.parse().id == "bmr_1"


async def test_an_error_status_names_the_request(clock: FakeClock) -> None:
    answer = http_json({"message": "no"}, "X-Request-Id: req_1", status=404)

    async with RawServer(answer) as server, sending(server.url, clock=clock) as runner:
        with pytest.raises(NotFoundError) as caught:
            await BenchmarkRuns(runner).retrieve("bmr_1")

    error = caught.value
    assert (error.method, error.route) == ("GET", "/v1/benchmark_runs/{id}")
    assert (error.attempts, error.request_id) == (1, "req_1")
    assert (error.ambiguous, clock.sleeps) == (False, [])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(http(status=409), ConflictError, id="409"),
        pytest.param(http(status=501), InternalServerError, id="501"),
        pytest.param(http(status=302), RedirectError, id="redirect"),
        pytest.param(http(b"<html>"), APIResponseValidationError, id="not JSON"),
        pytest.param(http(b"null"), APIResponseValidationError, id="not a run"),
    ],
)
async def test_what_is_final_is_not_tried_again(
    answer: Answer, kind: type[Exception]
) -> None:
    async with RawServer(answer) as server, sending(server.url) as runner:
        with pytest.raises(kind):
            await BenchmarkRuns(runner).retrieve("bmr_1")

    assert len(server.requests) == 1


async def test_the_time_that_the_server_names_is_waited() -> None:
    clock = FakeClock(dice=0.0)

    async with (
        RawServer(SLOW_DOWN, RUN) as server,
        sending(server.url, clock=clock) as runner,
    ):
        await BenchmarkRuns(runner).retrieve("bmr_1")

    assert clock.sleeps == [7.0]


async def test_waits_double_up_to_the_number_of_retries() -> None:
    clock = FakeClock(dice=1.0)

    async with RawServer(DOWN) as server, sending(server.url, clock=clock) as runner:
        with pytest.raises(InternalServerError) as caught:
            await BenchmarkRuns(runner).retrieve("bmr_1")

    assert clock.sleeps == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
    assert (caught.value.attempts, caught.value.elapsed_s) == (7, 31.5)
    assert len(server.requests) == 7


async def test_a_call_can_choose_its_number_of_retries() -> None:
    async with RawServer(DOWN) as server, sending(server.url) as runner:
        with pytest.raises(InternalServerError):
            await Accounts(runner).me().with_options(max_retries=1)

    assert len(server.requests) == 2


async def test_attempts_and_retries_are_counted() -> None:
    tally = Tally()

    async with (
        RawServer(DOWN, http_json(ACCOUNT)) as server,
        sending(server.url, tally=tally) as runner,
    ):
        await Accounts(runner).me()
        await Accounts(runner).me()

    assert (tally.requests, tally.retries) == (3, 1)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(http(status=500), id="500"),
        pytest.param(http(status=502), id="502"),
        pytest.param(then_close(b""), id="closed without an answer"),
        pytest.param(then_close(http(b"{", length=9)), id="truncated"),
        pytest.param(then_hang(), id="no answer in time"),
    ],
)
async def test_a_write_that_may_have_been_done_is_not_sent_again(
    answer: Answer,
) -> None:
    async with RawServer(answer) as server, sending(server.url, timeout=0.5) as runner:
        with pytest.raises((APIStatusError, APIConnectionError)) as caught:
            await Benchmarks(runner).start_run(benchmark_id="bmd_1")

    assert len(server.requests) == 1
    assert caught.value.ambiguous


async def test_a_read_survives_a_connection_that_the_server_closed() -> None:
    async with (
        RawServer(then_close(RUN)) as server,
        sending(server.url) as runner,
    ):
        for _ in range(3):
            await BenchmarkRuns(runner).retrieve("bmr_1")

    assert len(server.requests) == 3


async def test_a_write_that_was_not_sent_is_sent_again(clock: FakeClock) -> None:
    async with sending(f"http://127.0.0.1:{free_port()}", clock=clock) as runner:
        with pytest.raises(APIConnectionError) as caught:
            await (
                Benchmarks(runner)
                .start_run(benchmark_id="bmd_1")
                .with_options(max_retries=2)
            )

    assert len(clock.sleeps) == 2
    assert (caught.value.attempts, caught.value.ambiguous) == (3, False)


async def test_a_write_that_was_turned_away_is_sent_again() -> None:
    async with RawServer(SLOW_DOWN, RUN) as server, sending(server.url) as runner:
        await Benchmarks(runner).start_run(benchmark_id="bmd_1")

    assert len(server.requests) == 2


async def test_a_write_that_sets_a_state_is_sent_again() -> None:
    async with (
        RawServer(DOWN, http_json(BENCHMARK)) as server,
        sending(server.url) as runner,
    ):
        await Benchmarks(runner).archive("bmd_1")

    assert len(server.requests) == 2


async def test_no_wait_passes_the_deadline(clock: FakeClock) -> None:
    async with (
        RawServer(DOWN) as server,
        sending(server.url, clock=clock, deadline=3.0) as runner,
    ):
        with pytest.raises(InternalServerError):
            await BenchmarkRuns(runner).retrieve("bmr_1")

    assert 0 < clock.time_s <= 3.0


async def test_a_deadline_spans_all_attempts_and_names_the_last_failure() -> None:
    retry = RetryPolicy(backoff=0.001)

    async with (
        RawServer(DOWN, then_hang()) as server,
        sending(server.url, retry=retry) as runner,
    ):
        with pytest.raises(APITimeoutError) as caught:
            await Accounts(runner).me().with_options(deadline=1)

        await server.is_left()

    error = caught.value
    assert (error.phase, error.attempts, error.ambiguous) == ("deadline", 2, False)
    assert isinstance(error.__cause__, InternalServerError)


async def test_a_write_cut_off_by_its_deadline_may_have_been_done() -> None:
    async with RawServer(then_hang()) as server, sending(server.url) as runner:
        with pytest.raises(APITimeoutError) as caught:
            await (
                Benchmarks(runner)
                .start_run(benchmark_id="bmd_1")
                .with_options(deadline=0.2)
            )

    assert caught.value.ambiguous


async def test_a_call_can_choose_its_time_out(clock: FakeClock) -> None:
    async with (
        RawServer(then_hang(), http_json(ACCOUNT)) as server,
        sending(server.url, clock=clock) as runner,
    ):
        await Accounts(runner).me().with_options(timeout=0.5)

    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("of_endpoint", "options"),
    [
        pytest.param(0.5, ClientParams(), id="the endpoint's own"),
        pytest.param(60.0, ClientParams(timeout=0.5), id="the user's comes first"),
    ],
)
async def test_an_endpoint_has_its_own_time_out_unless_the_user_chose_one(
    of_endpoint: float, options: ClientParams
) -> None:
    request = Request(
        method="GET", route="/v1/slow", path="/v1/slow", timeout_s=of_endpoint
    )

    async with (
        RawServer(then_hang()) as server,
        sending(server.url, **options) as runner,
    ):
        with pytest.raises(APITimeoutError) as caught:
            await Call(runner, request, reader(bytes)).with_options(max_retries=0)

    assert caught.value.phase == "read"


async def test_a_rate_limit_that_does_not_end_is_told() -> None:
    async with RawServer(SLOW_DOWN) as server, sending(server.url) as runner:
        with pytest.raises(RateLimitError) as caught:
            await Accounts(runner).me()

    assert (caught.value.retry_after, caught.value.attempts) == (7.0, 7)


async def test_the_clock_of_this_machine_does_not_go_back() -> None:
    clock = SystemClock()
    before = time.monotonic()

    await clock.sleep(0)

    assert before <= clock.now() <= time.monotonic()
    assert 0 <= clock.random() <= 1


async def test_a_bad_certificate_is_not_tried_again(clock: FakeClock) -> None:
    async with RawServer(greeting=b"no TLS here") as server:
        url = f"https://127.0.0.1:{server.port}"
        async with sending(url, clock=clock) as runner:
            with pytest.raises(APITLSError):
                await Accounts(runner).me()

    assert server.connections == 1
