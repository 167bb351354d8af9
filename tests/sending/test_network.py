"""How servers are reached: proxies of the environment, certificates of one's own."""

from base64 import b64encode

import pytest

from runloop_async import APIConnectionError, APIStatusError, AsyncRunloop
from tests.rawserver import RawServer, free_port, http, http_json
from tests.samples import run
from tests.sends import KEY
from tests.served import certificate, trusting


@pytest.fixture(autouse=True)
def no_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave loopback to proxies too."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


async def test_a_proxy_of_the_environment_is_used_where_it_is_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with RawServer(http_json(run())) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        async with AsyncRunloop(
            base_url="http://127.0.0.1:1", bearer_token=KEY, trust_env=True
        ) as client:
            await client.benchmark_runs.retrieve("bmr_1")

    assert proxy.requests[0].target.startswith("http://127.0.0.1:1/")


async def test_by_default_it_never_sees_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with RawServer(http_json(run())) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        async with AsyncRunloop(
            base_url=f"http://127.0.0.1:{free_port()}", bearer_token=KEY, max_retries=0
        ) as client:
            with pytest.raises(APIConnectionError):
                await client.benchmark_runs.retrieve("bmr_1")

        assert proxy.requests == []


async def test_a_proxy_gets_its_user_and_password_and_nobody_else_does() -> None:
    async with RawServer(http_json(run()), http(status=407)) as proxy:
        url = proxy.url.replace("http://", "http://ada:canary@")
        async with AsyncRunloop(
            base_url="http://127.0.0.1:1", bearer_token=KEY, proxy=url
        ) as client:
            await client.benchmark_runs.retrieve("bmr_1")
            with pytest.raises(APIStatusError) as caught:
                await client.benchmark_runs.retrieve("bmr_1")

    expected = "Basic " + b64encode(b"ada:canary").decode()
    sent = [request.headers for request in proxy.requests]
    assert [each["proxy-authorization"] for each in sent] == [expected] * 2
    assert [each["authorization"] for each in sent] == [f"Bearer {KEY}"] * 2
    assert "canary" not in f"{caught.value!r} {caught.value} {client!r}"


async def test_a_certificate_of_ones_own_is_accepted() -> None:
    context = trusting("localhost")
    async with (
        RawServer(http_json(run()), tls=certificate("localhost")) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY, ssl=context) as client,
    ):
        for _ in range(3):
            assert (await client.benchmark_runs.retrieve("bmr_1")).id == "bmr_1"

        assert server.connections == 1
