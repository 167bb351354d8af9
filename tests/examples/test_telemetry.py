"""The example for OpenTelemetry, with its SDK: spans and metrics of what happened."""

from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from runloop_async import APIConnectionError, AsyncRunloop, RetryPolicy
from tests.rawserver import RawServer, http_json, then_reset
from tests.samples import run

EXAMPLE = Path(__file__).parents[2] / "examples" / "telemetry.py"
THROTTLED = http_json({"message": "slow"}, "retry-after-ms: 1", status=429)


def points(reader: InMemoryMetricReader) -> dict[str, Any]:
    """Return the last point of each metric."""
    data: Any = reader.get_metrics_data()
    metrics = data.resource_metrics[0].scope_metrics[0].metrics
    return {metric.name: metric.data.data_points[-1] for metric in metrics}


async def test_spans_and_metrics_tell_what_happened() -> None:
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    traces = TracerProvider()
    traces.add_span_processor(SimpleSpanProcessor(spans))
    meters = MeterProvider([reader])
    telemetry = run_path(str(EXAMPLE))["Telemetry"]
    feed = telemetry(traces.get_tracer("tests"), meters.get_meter("tests"))
    async with (
        RawServer(THROTTLED, http_json(run()), then_reset(b"HTTP/1.1 200")) as server,
        AsyncRunloop(
            base_url=server.url,
            bearer_token="any",
            on_event=feed,
            retry=RetryPolicy(backoff=0.001),
        ) as client,
    ):
        call = client.benchmark_runs.retrieve("bmr_1")
        await call
        with pytest.raises(APIConnectionError):
            await call.with_options(max_retries=0)

    ended = spans.get_finished_spans()
    assert {span.name for span in ended} == {"GET /v1/benchmark_runs/{id}"}
    facts = [dict(span.attributes or {}) for span in ended]
    assert [each["http.request.resend_count"] for each in facts] == [0, 1, 0]
    codes = [each.get("http.response.status_code") for each in facts]
    assert codes == [429, 200, None]
    assert ended[2].status.status_code is StatusCode.ERROR
    assert ended[2].events[0].name == "exception"
    numbers = points(reader)
    assert numbers["runloop.throttles"].value == 1
    assert numbers["runloop.retries"].value == 1
    assert numbers["runloop.latency"].count == 2
