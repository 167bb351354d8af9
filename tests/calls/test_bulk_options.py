"""A bulk takes the options of a call, for each of its calls."""

import pytest

from runloop_async import AsyncRunloop, ConfigurationError
from tests.rawserver import RawServer, http_json
from tests.samples import run


async def test_options_go_to_each_call() -> None:
    async with (
        RawServer(http_json(run())) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        calls = [client.benchmark_runs.retrieve(f"bmr_{n}") for n in range(3)]
        bulk = client.bulk(calls).with_options(headers={"x-a": "b"})
        result = await bulk.with_options(headers={"x-c": "d"})

    assert len(result.values) == 3
    sent = [(each.headers["x-a"], each.headers["x-c"]) for each in server.requests]
    assert sent == [("b", "d")] * 3


def test_a_key_for_one_write_is_refused() -> None:
    client = AsyncRunloop(bearer_token="any")
    bulk = client.bulk([client.accounts.me()])

    with pytest.raises(ConfigurationError, match="for one write"):
        _ = bulk.with_options(idempotency_key="a")
