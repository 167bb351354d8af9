"""Where the options of a client come from, and which of them goes first."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from runloop_async import AsyncRunloop, Limits, RetryPolicy
from runloop_async.errors import ConfigurationError, InternalServerError
from tests.rawserver import RawServer, http, http_json
from tests.samples import ACCOUNT

ME = http_json(ACCOUNT)
DOWN = http(status=503)
QUICK = RetryPolicy(backoff=0.001, max_retries=4)


@pytest.fixture
def levels() -> Iterator[logging.Logger]:
    """Give the package's logger, and put its level back."""
    logger = logging.getLogger("runloop_async")
    level = logger.level
    yield logger
    logger.setLevel(level)


async def test_key_and_url_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with RawServer(ME) as server:
        monkeypatch.setenv("RUNLOOP_API_KEY", "of the environment")
        monkeypatch.setenv("RUNLOOP_BASE_URL", server.url)
        monkeypatch.setenv("RUNLOOP_CUSTOM_HEADERS", "X-Team: blue\nX-Stage: test")
        async with AsyncRunloop(default_headers={"X-Stage": "mine"}) as client:
            await client.accounts.me()

    headers = server.requests[0].headers
    assert headers["authorization"] == "Bearer of the environment"
    assert (headers["x-team"], headers["x-stage"]) == ("blue", "mine")


async def test_arguments_go_before_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUNLOOP_API_KEY", "of the environment")
    monkeypatch.setenv("RUNLOOP_BASE_URL", "https://elsewhere.invalid")

    async with (
        RawServer(ME) as server,
        AsyncRunloop(bearer_token="given", base_url=server.url) as client,
    ):
        await client.accounts.me()

    assert server.requests[0].headers["authorization"] == "Bearer given"


async def test_a_call_goes_before_with_options_and_that_before_the_arguments() -> None:
    async with (
        RawServer(DOWN) as server,
        AsyncRunloop(bearer_token="key", base_url=server.url, retry=QUICK) as client,
    ):
        for_client = client.accounts.me()
        for_other = client.with_options(max_retries=2).accounts.me()
        counts: list[int] = []
        for call in (for_client, for_other, for_other.with_options(max_retries=0)):
            with pytest.raises(InternalServerError) as caught:
                await call
            counts.append(caught.value.attempts)

    assert counts == [5, 3, 1]


async def test_a_retry_policy_in_with_options_goes_before_an_argument() -> None:
    async with (
        RawServer(DOWN) as server,
        AsyncRunloop(bearer_token="key", base_url=server.url, max_retries=0) as client,
    ):
        with pytest.raises(InternalServerError) as caught:
            await client.with_options(retry=QUICK).accounts.me()

    assert caught.value.attempts == 5


async def test_headers_and_query_of_with_options_are_added() -> None:
    async with (
        RawServer(ME) as server,
        AsyncRunloop(
            bearer_token="key",
            base_url=server.url,
            default_headers={"X-Team": "blue", "X-Stage": "test"},
            default_query={"a": 1, "b": 1},
        ) as client,
    ):
        other = client.copy(default_headers={"X-Team": "red"}, default_query={"b": 2})
        await other.accounts.me()

    (request,) = server.requests
    assert (request.headers["x-team"], request.headers["x-stage"]) == ("red", "test")
    assert request.target == "/v1/accounts/me?a=1&b=2"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"bearer_token": ""}, "no API key", id="empty key"),
        pytest.param({"base_url": "api.runloop.ai"}, "https://", id="no scheme"),
        pytest.param({"base_url": "ftp://runloop.ai"}, "https://", id="other scheme"),
        pytest.param({"base_url": "https://me@host"}, "user", id="user"),
        pytest.param({"base_url": "https://me:pw@host"}, "user", id="password"),
        pytest.param({"base_url": "https://host/?a=b"}, "query", id="query"),
        pytest.param({"base_url": "http://runloop.ai"}, "in clear", id="clear text"),
        pytest.param({"timeout": 0}, "timeout", id="no time"),
        pytest.param({"max_retries": -1}, "max_retries", id="retries below 0"),
        pytest.param({"tiemout": 1}, "tiemout", id="unknown option"),
        pytest.param({"default_headers": {"X": "a\nb"}}, "X", id="broken header"),
        pytest.param({"default_query": {"q": object()}}, "q", id="query of no form"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], message: str
) -> None:
    monkeypatch.setenv("RUNLOOP_API_KEY", "key")

    with pytest.raises(ConfigurationError, match=message):
        AsyncRunloop(**options)


def test_a_broken_header_in_the_environment_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUNLOOP_CUSTOM_HEADERS", "X-Team: blue\rX-Other: red")

    with pytest.raises(ConfigurationError):
        AsyncRunloop(bearer_token="key")


def test_a_client_without_a_key_says_where_to_put_it() -> None:
    with pytest.raises(ConfigurationError, match="RUNLOOP_API_KEY"):
        AsyncRunloop()


def test_with_options_refuses_what_belongs_to_the_pool() -> None:
    client = AsyncRunloop(bearer_token="key")
    of_the_pool: Any = {"limits": Limits()}

    with pytest.raises(ConfigurationError, match="limits"):
        client.with_options(**of_the_pool)


@pytest.mark.parametrize(
    ("url", "allow_http"),
    [("http://localhost:1", False), ("http://[::1]:1", False), ("http://proxy", True)],
)
def test_clear_text_is_for_this_machine_or_when_allowed(
    url: str, allow_http: bool
) -> None:
    client = AsyncRunloop(bearer_token="key", base_url=url, allow_http=allow_http)

    assert repr(client) == f"<AsyncRunloop {url}>"


@pytest.mark.parametrize("word", ["debug", "Info", "WARNING", "error"])
def test_the_environment_sets_the_level_of_the_log(
    monkeypatch: pytest.MonkeyPatch, levels: logging.Logger, word: str
) -> None:
    monkeypatch.setenv("RUNLOOP_LOG", word)

    AsyncRunloop(bearer_token="key")

    assert levels.level == logging.getLevelNamesMapping()[word.upper()]


def test_a_level_of_the_log_that_there_is_not_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUNLOOP_LOG", "loud")

    with pytest.raises(ConfigurationError, match="RUNLOOP_LOG"):
        AsyncRunloop(bearer_token="key")
