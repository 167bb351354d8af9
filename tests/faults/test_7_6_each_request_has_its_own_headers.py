"""What a tracer writes into the headers of a request stays in that one."""

from typing import Any

import aiohttp
import pytest

from runloop_async import AsyncRunloop
from tests.rawserver import RawServer, http_json
from tests.samples import run
from tests.sends import KEY


async def test_a_tracer_that_marks_one_request_marks_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session: Any = aiohttp.ClientSession
    original = session._request

    async def traced(self: Any, *args: Any, headers: Any, **more: Any) -> Any:
        headers.setdefault("traceparent", f"trace-{headers['Host']}-{len(seen)}")
        seen.append(headers)
        return await original(self, *args, headers=headers, **more)

    seen: list[Any] = []
    async with (
        RawServer(http_json(run())) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        await client.benchmark_runs.retrieve("bmr_1")
        monkeypatch.setattr(aiohttp.ClientSession, "_request", traced)
        for _ in range(3):
            await client.benchmark_runs.retrieve("bmr_1")
        monkeypatch.undo()
        await client.benchmark_runs.retrieve("bmr_1")

    marks = [each.headers.get("traceparent", "")[-1:] for each in server.requests]
    assert marks == ["", "0", "1", "2", ""]
