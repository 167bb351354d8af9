"""Rows 102 to 114: proxies, redirects, secrets, and what is put into requests."""

import logging
import pickle
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest

from runloop_async import (
    APIConnectionError,
    APIError,
    AsyncRunloop,
    ConfigurationError,
    ProxyError,
    RedirectError,
)
from tests.rawserver import RawServer, free_port, http, http_json
from tests.samples import ACCOUNT, run
from tests.sends import KEY
from tests.served import served

FINE = http_json(ACCOUNT)


@pytest.mark.parametrize("status", [None, 407])
async def test_row_102_a_proxy_that_fails_does_not_show_its_password(
    status: int | None,
) -> None:
    async with RawServer(http(status=status or 200)) as server:
        port = free_port() if status is None else server.port
        proxy = f"http://user:canary@127.0.0.1:{port}"
        url = "https://api.test"
        async with AsyncRunloop(
            base_url=url, bearer_token=KEY, proxy=proxy, max_retries=1
        ) as client:
            with pytest.raises(APIConnectionError) as caught:
                await client.accounts.me()

    assert "canary" not in _shown(caught.value)
    assert len(server.requests) == (0 if status is None else 1)
    assert status is None or isinstance(caught.value, ProxyError)


async def test_row_103_a_proxy_of_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with RawServer(FINE) as proxy, served(FINE) as (server, client):
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        await client.accounts.me()

    assert (len(server.requests), len(proxy.requests)) == (1, 0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("kind", ["read", "write"])
async def test_rows_104_and_105_a_redirect_is_not_followed(
    status: int, kind: str
) -> None:
    async with RawServer(FINE) as other:
        for target in (f"{other.url}/v1", "/v1/accounts/me", "file:///etc/passwd"):
            there = http(b"", f"Location: {target}", status=status)
            async with served(there) as (server, client):
                call = (
                    client.accounts.me() if kind == "read" else client.devboxes.create()
                )
                with pytest.raises(RedirectError):
                    await call
                assert len(server.requests) == 1
    assert other.connections == 0


async def test_row_106_cookies_are_neither_kept_nor_sent() -> None:
    async with served(http_json(ACCOUNT, "Set-Cookie: a=b; Path=/")) as (
        server,
        client,
    ):
        for _ in range(2):
            await client.accounts.me()

    assert not any("cookie" in request.headers for request in server.requests)


async def test_row_107_a_client_does_not_show_its_key() -> None:
    client = AsyncRunloop(bearer_token=KEY)

    assert KEY not in f"{client} {client!r} {vars(client)}"
    with pytest.raises(TypeError):
        pickle.dumps(client)


async def test_row_108_no_line_of_the_log_shows_a_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"X-Mine": "canary"}
    failing = served(http(status=503), default_headers=headers, max_retries=1)
    async with failing as (_, client):
        for call in (
            client.secrets.create(name="a", value="canary"),
            client.accounts.me(),
        ):
            with pytest.raises(APIError):
                await call

    text = caplog.text
    assert "canary" not in text
    assert KEY not in text


async def test_row_109_no_error_shows_a_secret() -> None:
    async with served(http(status=400)) as (_, client):
        with pytest.raises(APIError) as caught:
            await client.secrets.create(name="a", value="canary")

    shown = _shown(caught.value)
    assert KEY not in shown
    assert "canary" not in shown.replace('"canary"', "", 1)  # the line above, as source


def _shown(error: BaseException) -> str:
    lines = [repr(error), str(error), repr(error.args), repr(vars(error))]
    for link in (error.__cause__, error.__context__):
        lines += [repr(link), repr(getattr(link, "args", None))]
    frames = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [
        f"{name}={value}"
        for frame in frames.stack
        if "runloop_async" in frame.filename
        for name, value in (frame.locals or {}).items()
    ]
    return "\n".join(lines + ours)


@pytest.mark.parametrize(
    "url",
    ["http://api.example", "https://user:secret@api.example", "ftp://api.example"],
)
def test_row_110_a_base_url_that_would_show_the_key_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        AsyncRunloop(bearer_token=KEY, base_url=url)


@pytest.mark.parametrize("text", ["a\rb", "a\nX-Evil: 1", "a\0b"])
async def test_row_111_control_characters_are_refused_before_anything_is_sent(
    text: str,
) -> None:
    async with served(FINE) as (server, client):
        with pytest.raises(ValueError, match="control"):
            await client.accounts.me().with_options(headers={"X-Mine": text})
        with pytest.raises(ValueError, match="control"):
            await client.benchmark_runs.retrieve(text)

    assert server.connections == 0


@pytest.mark.parametrize(
    "id", ["..", ".", "a/b", "a%2Fb", "a?x", "a#f", "%2e%2e", "//evil", "\\", ""]
)
@pytest.mark.parametrize("method", ["retrieve", "cancel", "list_scenario_runs"])
async def test_row_112_an_id_is_one_segment_or_refused(id: str, method: str) -> None:
    async with served(http_json(run())) as (server, client):
        try:
            call: Any = getattr(client.benchmark_runs, method)(id)
        except ValueError:
            return
        with suppress(APIError):
            await call

    path = server.requests[0].target.partition("?")[0]
    segments = path.split("/")
    assert segments[:3] == ["", "v1", "benchmark_runs"]
    assert unquote(segments[3]) == id
    assert len(segments) == (4 if method == "retrieve" else 5)


@pytest.mark.parametrize("id", ["für", "a b", "a+b", "100%", "日本"])
async def test_row_113_an_id_is_encoded_once(id: str) -> None:
    async with served(http_json(run())) as (server, client):
        await client.benchmark_runs.retrieve(id)

    assert unquote(server.requests[0].target) == f"/v1/benchmark_runs/{id}"


async def test_row_114_none_is_left_out_of_a_query() -> None:
    async with served(http_json({"runs": [], "has_more": False})) as (server, client):
        await client.benchmark_runs.list(name=None, limit=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert "name" not in server.requests[0].target
    assert "limit=3" in server.requests[0].target


@pytest.mark.parametrize("value", [float("nan"), datetime.now(UTC), ["a"]])
def test_row_114_what_has_no_form_in_a_query_is_refused(value: Any) -> None:
    client: Any = AsyncRunloop(bearer_token=KEY)

    with pytest.raises((TypeError, ValueError)):
        client.benchmark_runs.list(limit=value)
