"""Feed OpenTelemetry: a span for each attempt, counters, and a histogram of latency.

`pip install opentelemetry-api`, and an SDK with an exporter to see something.
"""

import asyncio

from opentelemetry import metrics, trace

from runloop_async import AsyncRunloop
from runloop_async.events import Event, Failed, Responded, Retried, Sent, Throttled


class Telemetry:
    """Takes what the client tells."""

    def __init__(self, tracer: trace.Tracer, meter: metrics.Meter) -> None:
        self._tracer = tracer
        self._retries = meter.create_counter("runloop.retries")
        self._throttles = meter.create_counter("runloop.throttles")
        self._latency = meter.create_histogram("runloop.latency", unit="s")
        self._spans: dict[tuple[int, int], trace.Span] = {}

    def __call__(self, event: Event) -> None:
        """Take what the client tells."""
        match event:
            case Sent():
                self._spans[event.call, event.attempt] = self._tracer.start_span(
                    f"{event.method} {event.route}",
                    kind=trace.SpanKind.CLIENT,
                    attributes={"http.request.resend_count": event.attempt - 1},
                )
            case Responded():
                route = {"http.route": event.route}
                self._latency.record(event.latency_s, route)
                if span := self._spans.pop((event.call, event.attempt), None):
                    span.set_attribute("http.response.status_code", event.status)
                    span.end()
            case Failed():
                if span := self._spans.pop((event.call, event.attempt), None):
                    span.record_exception(event.error)
                    span.set_status(trace.StatusCode.ERROR)
                    span.end()
            case Retried():
                self._retries.add(1, {"http.route": event.route})
            case Throttled():
                self._throttles.add(1, {"http.route": event.route})
            case _:  # the gate has changed
                pass


async def main() -> None:
    """Fetch the first page of runs."""
    tracer, meter = trace.get_tracer(__name__), metrics.get_meter(__name__)
    async with AsyncRunloop(on_event=Telemetry(tracer, meter)) as client:
        print(len((await client.benchmark_runs.list()).runs), "runs")


if __name__ == "__main__":
    asyncio.run(main())
