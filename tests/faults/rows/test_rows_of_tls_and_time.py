"""Rows 7 to 10 and 16 to 20: certificates, and time."""

import asyncio
import logging
import socket
import sys
from typing import Any

import pytest

from runloop_async import (
    APIConnectionError,
    APITimeoutError,
    APITLSError,
    AsyncRunloop,
    ConfigurationError,
    InternalServerError,
    Timeouts,
)
from tests.fakes import FakeClock
from tests.rawserver import Connection, Incoming, RawServer, http, http_json, then_hang
from tests.samples import ACCOUNT
from tests.sends import KEY
from tests.served import CERTIFICATES, certificate, served, trusting

FINE = http_json(ACCOUNT)


@pytest.mark.parametrize(
    ("shown", "trusted"),
    [("expired", "expired"), ("elsewhere", "elsewhere"), ("localhost", "expired")],
    ids=["expired", "wrong host", "self-signed"],
)
async def test_row_7_a_bad_certificate_ends_it_before_the_key_is_sent(
    shown: str, trusted: str
) -> None:
    tls = certificate(shown)
    async with served(FINE, tls=tls, ssl=trusting(trusted)) as (server, client):
        with pytest.raises(APITLSError) as caught:
            await client.accounts.me()

        assert server.requests == []
    assert (caught.value.attempts, caught.value.sent) == (1, False)


async def test_row_8_a_handshake_that_breaks_is_unsent() -> None:
    async with RawServer(greeting=b"") as server:
        url = server.url.replace("http", "https")
        async with AsyncRunloop(base_url=url, bearer_token=KEY) as client:
            with pytest.raises(APIConnectionError) as caught:
                await client.devboxes.create()

    error = caught.value
    assert (error.phase, error.sent, error.attempts) == ("connect", False, 7)
    assert not error.ambiguous


async def test_row_9_a_private_authority_by_argument() -> None:
    tls = certificate("localhost")
    async with served(FINE, tls=tls, ssl=trusting("localhost")) as (_, client):
        assert (await client.accounts.me()).id == "acc_1"


@pytest.mark.parametrize("variable", ["PYTHONHTTPSVERIFY", "RUNLOOP_VERIFY"])
async def test_row_9_no_variable_turns_verification_off(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "0")
    async with served(FINE, tls=certificate("localhost")) as (server, client):
        with pytest.raises(APITLSError):
            await client.accounts.me()

    assert server.requests == []


async def test_row_9_a_private_authority_by_the_environment() -> None:
    program = (
        "import asyncio, sys\n"
        "from runloop_async import AsyncRunloop\n"
        "async def main():\n"
        "    async with AsyncRunloop(base_url=sys.argv[1], bearer_token='x') as api:\n"
        "        print((await api.accounts.me()).id)\n"
        "asyncio.run(main())"
    )
    async with RawServer(FINE, tls=certificate("localhost")) as server:
        done = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            program,
            server.url,
            env={"SSL_CERT_FILE": str(CERTIFICATES / "localhost.pem")},
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await asyncio.wait_for(done.communicate(), 60)

    assert out.split() == [b"acc_1"]


async def test_row_10_a_peer_that_does_not_say_goodbye_holds_up_no_close(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    tls = certificate("localhost")
    async with RawServer(then_hang(FINE), tls=tls) as server:
        trusted = trusting("localhost")
        client = AsyncRunloop(base_url=server.url, bearer_token=KEY, ssl=trusted)
        await client.accounts.me()
        async with asyncio.timeout(30):
            await client.aclose()
            await server.is_left()

    lines = [record.getMessage() for record in caplog.records]
    assert [line for line in lines if "SSL" in line and "error" in line.lower()] == []


@pytest.mark.parametrize("kind", ["read", "write"])
async def test_row_16_headers_that_never_come(kind: str) -> None:
    async with served(then_hang(), timeout=1, max_retries=1) as (server, client):
        with pytest.raises(APITimeoutError) as caught:
            await (client.accounts.me() if kind == "read" else client.devboxes.create())

    assert caught.value.phase == "read"
    assert len(server.requests) == (2 if kind == "read" else 1)
    assert caught.value.ambiguous == (kind == "write")


async def test_row_17_a_body_that_drips_ends_with_the_time() -> None:
    async def drip(_: Incoming, connection: Connection) -> None:
        await connection.send(http(length=100_000))
        while not connection.writer.is_closing():
            await connection.send(b" ")
            await asyncio.sleep(0.05)

    async with served(drip, timeout=1.5, max_retries=1) as (server, client):
        with pytest.raises(APITimeoutError) as caught:
            await client.accounts.me()

    assert (caught.value.phase, caught.value.attempts) == ("total", 2)
    assert len(server.requests) == 2


async def test_row_18_a_deadline_is_the_end_of_retries(clock: FakeClock) -> None:
    async with served(http(status=503)) as (server, client):
        with pytest.raises(InternalServerError) as caught:
            await client.accounts.me().with_options(deadline=3, max_retries=100)

        assert 1 < len(server.requests) < 10
    assert caught.value.out_of_time
    assert clock.time_s <= 3
    assert caught.value.status_code == 503


async def test_row_19_a_peer_that_stops_reading_an_upload() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # connections are made, and nobody takes them
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = AsyncRunloop(base_url=url, bearer_token=KEY, timeout=1, max_retries=0)
        async with client:
            with pytest.raises(APITimeoutError) as caught:
                await client.devboxes.create(name="x" * 30_000_000)

    assert caught.value.ambiguous


@pytest.mark.parametrize("value", [0, -1, float("nan"), "5"])
async def test_row_20_a_timeout_that_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError):
        AsyncRunloop(bearer_token=KEY, timeout=value)
    with pytest.raises(ConfigurationError):
        Timeouts(total=value)


async def test_row_20_none_is_no_limit() -> None:
    async with served(FINE, timeout=None) as (_, client):
        assert (await client.accounts.me()).id == "acc_1"
