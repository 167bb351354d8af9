"""Nothing that is shown holds the key: errors with all of their frames, logs, reprs."""

import asyncio
import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import TypedDict, cast

import aiohttp
import pytest
from yarl import URL

from runloop_async import AsyncRunloop
from runloop_async.calls.polling import PollingConfig
from runloop_async.errors import APITimeoutError, ConfigurationError, RunloopError
from runloop_async.options import ClientParams, RetryPolicy
from runloop_async.resources.benchmark_runs import BenchmarkRuns
from tests.rawserver import (
    Answer,
    RawServer,
    chunked,
    free_port,
    http,
    http_json,
    then_close,
    then_hang,
    then_reset,
)
from tests.samples import page, run
from tests.sends import sending
from tests.turns import settle

CANARY = "canary-0123456789"
IN_HEADER = "canary-in-a-header"
QUICK = RetryPolicy(backoff=0.001)
PROXY = URL("http://user:canary-of-the-proxy@127.0.0.1")


class Secrets(TypedDict):
    """The options of a client that nobody is to see."""

    bearer_token: str
    default_headers: dict[str, str]


SECRETS: Secrets = {
    "bearer_token": CANARY,
    "default_headers": {"X-Extra": IN_HEADER},
}

ANSWERS = {
    **{str(status): http(b"{}", status=status) for status in (400, 401, 403, 404, 409)},
    **{str(status): http(b"{}", status=status) for status in (418, 422, 429, 500, 503)},
    "no status of HTTP": http(status=999),
    "redirect": http(b"", "Location: http://127.0.0.1:1/", status=307),
    "not JSON": http(b"<html>"),
    "another shape": http(b'{"id": null}'),
    "wrong encoding": http(b"junk", "Content-Encoding: gzip"),
    "not HTTP": then_close(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "header without a name": then_close(b"HTTP/1.1 200 OK\r\n: x\r\n\r\n"),
    "too large": http(length=10**9),
    "closed": then_close(b""),
    "reset": then_reset(b""),
    "truncated": then_close(http(b"{", length=9)),
    "chunks without an end": then_close(chunked(b"{")),
    "reset within the answer": then_reset(http(b"{", length=9)),
    "no answer": then_hang(),
    "no end of the answer": then_hang(http(b"{", length=9)),
}
REFUSED: dict[str, tuple[ClientParams, dict[str, str]]] = {
    "beside a key": ({"timeout": 0, "bearer_token": CANARY}, {}),
    "beside a key in the environment": ({"timeout": 0}, {"API_KEY": CANARY}),
    "key": ({"bearer_token": f"{CANARY}\n"}, {}),
    "header": (
        {"bearer_token": CANARY, "default_headers": {"X": f"{IN_HEADER}\n"}},
        {},
    ),
    "header in the environment": (
        {"bearer_token": CANARY},
        {"CUSTOM_HEADERS": IN_HEADER},
    ),
}


def links(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it came of."""
    yield error
    for link in (error.__cause__, error.__context__):
        if link is not None:
            yield from links(link)
    if isinstance(error, BaseExceptionGroup):
        for member in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from links(member)


def leaks(error: BaseException) -> list[str]:
    """Return the lines with a secret among all that any tool may print of an error."""
    texts: list[str] = []
    for link in links(error):
        texts += [repr(link), str(link), repr(link.args), repr(vars(link))]
        frames = traceback.TracebackException.from_exception(link, capture_locals=True)
        texts += "".join(frames.format()).split("\n")
    return [text for text in texts if "canary" in text]


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the lines with a secret among all log records."""
    texts = [f"{r.getMessage()} {r.args!r} {r.exc_text}" for r in caplog.records]
    return [text for text in texts if "canary" in text]


@pytest.fixture(autouse=True)
def all_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
async def test_no_error_of_an_exchange_shows_the_key_or_a_header(
    answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        RawServer(answer) as server,
        sending(server.url, timeout=0.1, max_retries=1, **SECRETS) as runner,
    ):
        with pytest.raises(RunloopError) as caught:
            await BenchmarkRuns(runner).retrieve("bmr_1")

    assert leaks(caught.value) == []
    assert logged(caplog) == []
    assert server.requests[0].headers["x-extra"] == IN_HEADER


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
async def test_no_error_of_a_stream_shows_the_key_or_a_header(answer: Answer) -> None:
    async with (
        RawServer(answer) as server,
        sending(server.url, timeout=0.1, max_retries=1, **SECRETS) as runner,
    ):
        try:
            async with BenchmarkRuns(runner).download_logs("bmr_1").stream() as file:
                [piece async for piece in file.chunks()]
        except RunloopError as error:
            lines = leaks(error)
        else:
            lines = []  # the answer is whole: a file may be anything

    assert lines == []


async def test_an_error_does_not_show_the_headers_of_its_call() -> None:
    async with RawServer(http(status=404)) as server, sending(server.url) as runner:
        with pytest.raises(RunloopError) as caught:
            await (
                BenchmarkRuns(runner)
                .retrieve("bmr_1")
                .with_options(headers={"X-Extra": IN_HEADER})
            )

    assert leaks(caught.value) == []


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_refused_connection_does_not_show_the_key(scheme: str) -> None:
    url = f"{scheme}://127.0.0.1:{free_port()}"

    async with sending(url, max_retries=1, **SECRETS) as runner:
        with pytest.raises(RunloopError) as caught:
            await BenchmarkRuns(runner).cancel("bmr_1")

    assert leaks(caught.value) == []


@pytest.mark.parametrize("greeting", [b"", b"no TLS here"])
async def test_a_failed_handshake_does_not_show_the_key(greeting: bytes) -> None:
    async with RawServer(greeting=greeting) as server:
        url = f"https://127.0.0.1:{server.port}"
        async with sending(url, max_retries=1, **SECRETS) as runner:
            with pytest.raises(RunloopError) as caught:
                await BenchmarkRuns(runner).retrieve("bmr_1")

    assert leaks(caught.value) == []


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_fails_does_not_show_the_key_or_its_password(
    scheme: str,
) -> None:
    port = free_port()

    async with (
        aiohttp.ClientSession(proxy=PROXY.with_port(port)) as session,
        AsyncRunloop(
            session=session,
            base_url=f"{scheme}://127.0.0.1:1",
            max_retries=0,
            **SECRETS,
        ) as client,
    ):
        with pytest.raises(RunloopError) as caught:
            await client.accounts.me()

    assert leaks(caught.value) == []


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([then_hang()], id="at once"),
        pytest.param([http(status=503), then_hang()], id="after a failure"),
        pytest.param([then_hang(http(b"{", length=9))], id="within the answer"),
    ],
)
async def test_a_deadline_does_not_show_the_key(answers: list[Answer]) -> None:
    async with (
        RawServer(*answers) as server,
        sending(server.url, deadline=0.2, retry=QUICK, **SECRETS) as runner,
    ):
        with pytest.raises(APITimeoutError) as caught:
            await BenchmarkRuns(runner).retrieve("bmr_1")

    assert leaks(caught.value) == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(http_json(page("runs", run(), has_more=True)), id="stuck"),
        pytest.param(http(status=404), id="refused"),
    ],
)
async def test_a_failed_list_does_not_show_the_key(answer: Answer) -> None:
    async with RawServer(answer) as server, sending(server.url, **SECRETS) as runner:
        with pytest.raises(RunloopError) as caught:
            [run async for run in BenchmarkRuns(runner).list()]

    assert leaks(caught.value) == []


async def test_a_failed_wait_does_not_show_the_key() -> None:
    polling = PollingConfig(timeout_seconds=3)

    async with (
        RawServer(http_json(run()), http(status=503)) as server,
        sending(server.url, max_retries=0, **SECRETS) as runner,
    ):
        with pytest.raises(RunloopError) as caught:
            await BenchmarkRuns(runner).wait("bmr_1", polling_config=polling)

    assert leaks(caught.value) == []


async def test_a_client_that_is_closed_or_foreign_does_not_show_the_key() -> None:
    async def use() -> None:
        await client.accounts.me()

    async with RawServer(then_hang()) as server:
        client = AsyncRunloop(base_url=server.url, **SECRETS)
        call = asyncio.create_task(use())
        await server.has_got(1)
        (foreign,) = await asyncio.gather(
            asyncio.to_thread(asyncio.run, use()), return_exceptions=True
        )
        await client.aclose()
        under_way, after = await asyncio.gather(call, use(), return_exceptions=True)

    for error in (foreign, under_way, after):
        assert isinstance(error, RunloopError)
        assert leaks(error) == []


async def test_a_bulk_that_failed_does_not_show_the_key() -> None:
    async with (
        RawServer(http(status=404)) as server,
        AsyncRunloop(base_url=server.url, **SECRETS) as client,
    ):
        result = await client.bulk([client.accounts.me(), client.accounts.me()])
        await settle()

        with pytest.raises(ExceptionGroup) as caught:
            result.raise_for_failures()

    assert leaks(caught.value) == []


def set_variables(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"RUNLOOP_{name}", value)


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_option_does_not_show_the_key(
    monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    set_variables(monkeypatch, REFUSED[case][1])

    with pytest.raises(ConfigurationError) as caught:
        AsyncRunloop(**REFUSED[case][0])

    assert leaks(caught.value) == []


def test_a_client_does_not_show_its_key() -> None:
    client = AsyncRunloop(bearer_token=CANARY)

    assert "canary" not in f"{client} {client!r} {client!s} {vars(client)}"


def test_a_client_cannot_be_pickled() -> None:
    client = AsyncRunloop(**SECRETS)

    with pytest.raises(TypeError):
        pickle.dumps(client)
