"""`with_options` after the environment has changed: only what is given changes."""

import pytest

from runloop_async import AsyncRunloop
from tests.rawserver import RawServer, http_json
from tests.samples import ACCOUNT


async def test_a_copy_keeps_key_host_and_headers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with RawServer(http_json(ACCOUNT)) as old, RawServer() as new:
        monkeypatch.setenv("RUNLOOP_API_KEY", "old-key")
        monkeypatch.setenv("RUNLOOP_BASE_URL", old.url)
        monkeypatch.setenv("RUNLOOP_CUSTOM_HEADERS", "X-Team: old")
        async with AsyncRunloop() as client:
            monkeypatch.setenv("RUNLOOP_API_KEY", "new-key")
            monkeypatch.setenv("RUNLOOP_BASE_URL", new.url)
            monkeypatch.setenv("RUNLOOP_CUSTOM_HEADERS", "X-Team: new")
            await client.with_options(timeout=30).accounts.me()
            for name in ("API_KEY", "BASE_URL", "CUSTOM_HEADERS"):
                monkeypatch.delenv(f"RUNLOOP_{name}")
            await client.with_options(default_headers={"X-More": "a"}).accounts.me()
            await client.copy(base_url=old.url).accounts.me()

    assert new.requests == []
    for request in old.requests:
        assert request.headers["authorization"] == "Bearer old-key"
        assert request.headers["x-team"] == "old"
    assert old.requests[1].headers["x-more"] == "a"


def test_what_is_wrong_in_the_environment_later_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = AsyncRunloop(bearer_token="any")
    monkeypatch.setenv("RUNLOOP_CUSTOM_HEADERS", "no colon")

    client.with_options(timeout=3)
