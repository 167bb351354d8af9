"""Reaching a server: `Timeouts(connect=)` bounds all of it, and what fails is ours."""

import asyncio
import socket
from typing import Any

import pytest

from runloop_async import APIConnectionError, APITimeoutError, AsyncRunloop, Timeouts
from runloop_async.errors import APITLSError, ConfigurationError, ProxyError
from tests.rawserver import RawServer, then_hang
from tests.sends import KEY
from tests.served import trusting

pytestmark = pytest.mark.usefixtures("path")


def patched(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """Let names be looked up by a function of the test."""
    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", answer)


async def reach(url: str, **options: Any) -> APIConnectionError:
    async with AsyncRunloop(
        base_url=url, bearer_token=KEY, max_retries=0, allow_http=True, **options
    ) as client:
        with pytest.raises(APIConnectionError) as caught:
            await client.benchmark_runs.retrieve("bmr_1")
    return caught.value


async def test_a_name_that_is_looked_up_for_ever_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    patched(monkeypatch, never)
    error = await reach("http://slow.example", timeout=Timeouts(connect=0.1))

    assert isinstance(error, APITimeoutError)
    assert (error.phase, error.sent, error.attempts) == ("connect", False, 1)


async def test_several_dead_addresses_count_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    port = full.getsockname()[1]
    peers = [socket.socket() for _ in range(4)]
    for peer in peers:
        peer.setblocking(False)
        peer.connect_ex(("127.0.0.1", port))

    async def several(*_: Any, **__: Any) -> list[Any]:
        address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        return [address] * 4

    patched(monkeypatch, several)
    began = asyncio.get_running_loop().time()
    error = await reach(f"http://dead.example:{port}", timeout=Timeouts(connect=0.2))
    took = asyncio.get_running_loop().time() - began
    for each in (*peers, full):
        each.close()

    assert isinstance(error, APITimeoutError)
    assert error.sent is False
    assert took < 4 * 0.2


async def test_a_proxy_that_says_nothing_counts() -> None:
    async with RawServer(then_hang()) as proxy:
        error = await reach(
            "https://api.example", proxy=proxy.url, timeout=Timeouts(connect=0.1)
        )

    assert isinstance(error, APITimeoutError)
    assert error.sent is False


async def test_rubbish_of_a_proxy_is_not_the_servers() -> None:
    async with RawServer(then_hang(b"SSH-2.0\r\n\r\n")) as proxy:
        error = await reach("https://api.example", proxy=proxy.url)

    assert isinstance(error, ProxyError)
    assert (error.phase, error.sent, error.ambiguous) == ("proxy", False, False)


async def test_a_name_without_an_address_is_said_to_have_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def none(*_: Any, **__: Any) -> list[Any]:
        return []

    patched(monkeypatch, none)
    error = await reach("http://none.example")

    assert (error.phase, error.sent) == ("connect", False)
    assert "no address" in str(error)


async def test_a_handshake_that_is_cut_has_its_reason() -> None:
    async with RawServer(greeting=b"") as server:
        error = await reach(
            f"https://localhost:{server.port}", ssl=trusting("localhost")
        )

    assert error.sent is False
    assert not str(error).partition(" [")[0].endswith(": ")


@pytest.mark.parametrize("found", [RuntimeError("no addresses"), UnicodeError("label")])
async def test_what_a_resolver_raises_is_an_error_of_ours(
    monkeypatch: pytest.MonkeyPatch, found: Exception
) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise found

    patched(monkeypatch, fails)
    error = await reach("http://odd.example")

    assert (error.phase, error.sent) == ("connect", False)
    assert str(found) in str(error)


@pytest.mark.parametrize(
    "url",
    ["https://api..runloop.ai", "https://.runloop.ai", f"https://{'a' * 64}.example"],
)
def test_a_host_that_cannot_be_is_refused_when_the_client_is_made(url: str) -> None:
    with pytest.raises(ConfigurationError, match="host"):
        AsyncRunloop(base_url=url, bearer_token=KEY)


async def test_a_handshake_that_fails_is_called_that() -> None:
    alert = b"\x15\x03\x03\x00\x02\x02\x28"  # fatal: there is no common cipher
    async with RawServer(greeting=alert) as server:
        error = await reach(
            f"https://localhost:{server.port}", ssl=trusting("localhost")
        )

    assert isinstance(error, APITLSError)
    assert "handshake" in str(error)


async def test_a_server_without_tls_is_said_to_have_none() -> None:
    async with RawServer(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        error = await reach(
            f"https://localhost:{server.port}", ssl=trusting("localhost")
        )

    assert isinstance(error, APITLSError)
    assert "does not speak TLS" in str(error)
    assert error.attempts == 1
