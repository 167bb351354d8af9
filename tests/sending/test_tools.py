"""What records, mocks or traces aiohttp sees every request, and none when it is off."""

import gc
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from runloop_async import AsyncRunloop
from tests.conftest import Exchange
from tests.rawserver import RawServer, http_json
from tests.samples import run
from tests.sends import KEY


async def test_vcrpy_records_and_replays(tmp_path: Path) -> None:
    vcr: Any = import_module("vcr")  # which has no types
    async with (
        RawServer(http_json(run())) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        await client.benchmark_runs.retrieve("bmr_1")
        for _ in range(2):
            with vcr.use_cassette(str(tmp_path / "runs.yaml")):
                got = await client.benchmark_runs.retrieve("bmr_1")
                assert got.id == "bmr_1"

    assert len(server.requests) == 2


async def test_aioresponses_mocks_between_real_requests() -> None:
    async with (
        RawServer(http_json(run())) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        await client.benchmark_runs.retrieve("bmr_1")
        mock: Any = Exchange()
        with mock:
            url = f"{server.url}/v1/benchmark_runs/bmr_1"
            mock.get(url, payload=run("bmr_mock"))
            mocked = await client.benchmark_runs.retrieve("bmr_1")
        await client.benchmark_runs.retrieve("bmr_1")

    assert (mocked.id, len(server.requests)) == ("bmr_mock", 2)
    ((noted,),) = mock.requests.values()
    (ours,) = noted.kwargs["middlewares"]
    assert deepcopy(ours) is ours  # the mock copies it, and not the client with it


async def test_opentelemetry_traces_a_client_that_is_open() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = AioHttpClientInstrumentor()
    async with (
        RawServer(http_json(run())) as server,
        AsyncRunloop(base_url=server.url, bearer_token=KEY) as client,
    ):
        await client.benchmark_runs.retrieve("bmr_1")
        instrumentor.instrument(tracer_provider=provider)
        try:
            await client.benchmark_runs.retrieve("bmr_1")
            before = sessions()
            await client.benchmark_runs.retrieve("bmr_1")
            more = sessions() - before
        finally:
            instrumentor.uninstrument()
        await client.benchmark_runs.retrieve("bmr_1")

    traced = ["traceparent" in request.headers for request in server.requests]
    assert traced == [False, True, True, False]
    assert [span.name for span in exporter.get_finished_spans()] == ["GET", "GET"]
    assert more == 0


def sessions() -> int:
    return sum(type(each) is ClientSession for each in gc.get_objects())
