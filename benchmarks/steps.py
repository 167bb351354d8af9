"""What the steps of a small run cost, and decoding beside `orjson.loads`.

Run it from the root of the repository as `python -m benchmarks.steps`. Nothing is sent:
what a step costs within a request is a little more, since caches are colder there.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median
from typing import Any, Final

import orjson

from benchmarks.bodies import Answers
from benchmarks.worker import mark
from runloop_async import AsyncRunloop
from runloop_async.convert import decode
from runloop_async.models.benchmark_runs import BenchmarkRunListView, BenchmarkRunView
from runloop_async.models.scenarios.scenarios import ScenarioDefinitionListView
from runloop_async.options import resolve
from runloop_async.pacing.limits import Limits
from runloop_async.sending.alarms import Alarms
from runloop_async.sending.attempt import Attempt, Telemetry
from runloop_async.sending.clock import SystemClock
from runloop_async.sending.lanes import Lane, lanes
from runloop_async.sending.outgoing import Preparation
from runloop_async.sending.transport.direct import request_bytes
from runloop_async.wire.request import Workload

_TURNS: Final = 15
_TURN_S: Final = 0.02
_DOCUMENTS: Final[Mapping[str, tuple[bytes, Any]]] = {
    "a run, 350 B": (b"/v1/benchmark_runs/bmr_00000001", BenchmarkRunView),
    "a run with 12 scenario runs, 28 kB": (
        b"/v1/benchmarks/runs/bmr_12",
        BenchmarkRunView,
    ),
    "a run with 500 scenario runs, 1.17 MB": (
        b"/v1/benchmarks/runs/bmr_500",
        BenchmarkRunView,
    ),
    "a page of 5,000 runs": (
        b"/v1/benchmark_runs?benchmark_id=bmd_5000&limit=5000",
        BenchmarkRunListView,
    ),
    "a page of 500 scenarios, sparse": (
        b"/v1/scenarios?limit=500",
        ScenarioDefinitionListView,
    ),
}


async def steps() -> Mapping[str, Callable[[], object]]:
    """Return the steps that this library adds to those of aiohttp's connections."""
    client = AsyncRunloop(bearer_token="benchmark", base_url="http://127.0.0.1")
    call = client.benchmark_runs.retrieve("bmr_00000001")
    options = resolve({"bearer_token": "x", "base_url": "http://127.0.0.1"}, {})
    preparation = Preparation(options)
    name = f"{call.request.method} {call.request.route}"
    out = preparation.outgoing(call.request, {}, name)
    clock = SystemClock()
    alarms, lane = Alarms(clock), lanes(Limits(), clock)[Workload.API]
    attempt = Telemetry(clock).attempt(out)
    attempt.latency_s = 0.001
    body = _body(b"/v1/benchmark_runs/bmr_00000001")
    return {
        "make the call": lambda: client.benchmark_runs.retrieve("bmr_00000001"),
        "prepare the request": lambda: preparation.outgoing(call.request, {}, name),
        "make bytes of the request": lambda: request_bytes(out),
        "pass the gate and leave it": partial(_pass, lane, attempt, clock),
        "start and stop the timeout": lambda: alarms.start(30.0).stop(),
        "decode the model": lambda: decode(body, BenchmarkRunView),
    }


def _pass(lane: Lane, attempt: Attempt, clock: SystemClock) -> float:
    lane.gate.enter(clock.now(), attempt.route)
    attempt.admitted_s = lane.gate.stamp
    lane.gate.waits.append(0.0)
    lane.served(attempt)
    return attempt.admitted_s


async def _marked(times: int) -> None:
    """Take each step so many times, between two marks: see `benchmarks.instructions`.

    The first is no step: what it costs to repeat one.
    """
    every = {"nothing": lambda: None, **await steps()}
    print(",".join(every), flush=True)
    for step in every.values():
        for _ in range(times):  # which warms up
            step()
        gc.collect()
        mark()
        for _ in range(times):
            step()
        mark()
    print("done", flush=True)


async def _main() -> None:
    for name, step in (await steps()).items():
        print(f"{name:<40}{_cost_us(step):8.2f} us")
    print()
    for name, (target, shape) in _DOCUMENTS.items():
        ours, theirs = _turns(_body(target), shape)
        print(f"{name:<40}{ours:10,.2f} us {ours / theirs:6.2f} of orjson.loads")


def _body(target: bytes) -> bytes:
    return Answers().to(target).partition(b"\r\n\r\n")[2]


def _turns(body: bytes, shape: Any) -> tuple[float, float]:
    """Return the medians of ours and of orjson, measured in turns."""
    pairs = [
        (
            _once_us(lambda: decode(body, shape)),
            _once_us(lambda: orjson.loads(body)),
        )
        for _ in range(_TURNS)
    ]
    ours, theirs = zip(*pairs, strict=True)
    return median(ours), median(theirs)


def _cost_us(step: Callable[[], object]) -> float:
    return median(_once_us(step) for _ in range(_TURNS))


def _once_us(step: Callable[[], object]) -> float:
    """Return what a step costs, as the mean of as many as fit in a turn."""
    gc.collect()
    count, began = 0, time.process_time()
    while (passed := time.process_time() - began) < _TURN_S:
        for _ in range(10):
            step()
        count += 10
    return passed / count * 1e6


if __name__ == "__main__":
    marked = sys.argv[1:2] == ["--marked"]
    asyncio.run(_marked(int(sys.argv[2])) if marked else _main())
