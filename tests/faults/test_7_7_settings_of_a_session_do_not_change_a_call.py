"""A session of the caller keeps its connections; what a call means is the client's."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from runloop_async import AsyncRunloop, ConfigurationError, NotFoundError
from tests.rawserver import RawServer, http_json, then_reset
from tests.samples import run
from tests.sends import KEY

SETTINGS: dict[str, dict[str, Any]] = {
    "raise_for_status": {"raise_for_status": True},
    "auto_decompress": {"auto_decompress": False},
    "timeout": {"timeout": aiohttp.ClientTimeout(total=0.000001)},
    "header": {"headers": {"Authorization": "Bearer other", "X-Theirs": "1"}},
    "trust_env": {"trust_env": True},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
async def test_errors_keys_and_bodies_are_the_same(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    answers = [http_json({"message": "none"}, status=404), http_json(run())]
    async with (
        RawServer(*answers) as server,
        aiohttp.ClientSession(**settings) as session,
    ):
        client = AsyncRunloop(base_url=server.url, bearer_token=KEY, session=session)
        with pytest.raises(NotFoundError):
            await client.benchmark_runs.retrieve("bmr_1")
        assert (await client.benchmark_runs.retrieve("bmr_1")).id == "bmr_1"

    keys = {each.headers["authorization"] for each in server.requests}
    assert (len(server.requests), keys) == (2, {f"Bearer {KEY}"})


async def test_middlewares_of_the_session_are_called() -> None:
    called: list[str] = []

    async def note(request: Any, handler: Any) -> Any:
        called.append(request.method)
        return await handler(request)

    async with (
        RawServer(http_json(run())) as server,
        aiohttp.ClientSession(middlewares=(note,)) as session,
    ):
        client = AsyncRunloop(base_url=server.url, bearer_token=KEY, session=session)
        await client.benchmark_runs.retrieve("bmr_1")

    assert called == ["GET"]


@pytest.mark.parametrize(
    "option", [{"proxy": "http://p:1"}, {"trust_env": True}], ids=str
)
async def test_a_session_and_settings_of_ones_own_exclude_each_other(
    option: Any,
) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ConfigurationError, match="a session has its own"):
            AsyncRunloop(bearer_token=KEY, session=session, **option)


@pytest.mark.parametrize(
    "option",
    [
        {"proxy": "socks5://user:canary@p:1"},
        {"proxy": 5},
        {"proxy": "http://[canary"},
        {"ssl": False},
        {"trust_env": "yes"},
    ],
    ids=str,
)
def test_unusable_settings_are_refused(option: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AsyncRunloop(bearer_token=KEY, **option)

    assert "canary" not in str(caught.value)


async def test_a_proxy_takes_the_request_with_its_password() -> None:
    async with RawServer(http_json(run())) as proxy:
        url = proxy.url.replace("http://", "http://user:canary@")
        async with AsyncRunloop(
            base_url="http://127.0.0.1:1", bearer_token=KEY, proxy=url
        ) as client:
            await client.benchmark_runs.retrieve("bmr_1")
            assert "canary" not in repr(vars(client))

    (request,) = proxy.requests
    assert request.target == "http://127.0.0.1:1/v1/benchmark_runs/bmr_1"
    assert request.headers["proxy-authorization"].startswith("Basic ")


async def test_an_error_of_a_proxy_does_not_tell_its_password() -> None:
    async with RawServer(then_reset(b"")) as proxy:
        url = proxy.url.replace("http://", "http://user:canary@")
    async with AsyncRunloop(
        base_url="https://127.0.0.1:1", bearer_token=KEY, proxy=url, max_retries=0
    ) as client:
        with pytest.raises(Exception, match="proxy") as caught:
            await client.benchmark_runs.retrieve("bmr_1")

    link: BaseException | None = caught.value
    while link is not None:
        assert "canary" not in f"{link!r} {link}"
        link = link.__cause__ or link.__context__
