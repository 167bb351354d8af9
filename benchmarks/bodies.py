"""The answers of the server, made of bytes that are prepared once.

The server keeps no state: the number in an id says how much there is. The run `bmr_500`
has, by the old path, 500 scenario runs; the benchmark `bmd_20000` has 20,000 runs.
"""

import json
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs

_SMALL_BYTES: Final = 350
_MAX_PAGE: Final = 5000
_DEFAULT_PAGE: Final = 20
_ID: Final = b"@id@"
_DIGITS: Final = re.compile(r"[0-9]+").search
_FUNCTIONS: Final = ("unit tests", "lint", "diff size", "judge")


def run_id(number: int) -> str:
    """Return the id of one of very many runs; all have the same length."""
    return f"bmr_{number:08d}"


def _run(**more: object) -> dict[str, object]:
    return {
        "id": _ID.decode(),
        "benchmark_id": "bmd_31AbCdEfGhIjKlMnOpQrS",
        "name": "nightly",
        "state": "completed",
        "score": 0.8125,
        "start_time_ms": 1735689600000,
        "duration_ms": 734512,
        "metadata": {"model": "model-1", "commit": "0a1b2c3d"},
        "purpose": "",
        **more,
    }


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _small_run() -> tuple[bytes, bytes]:
    """Return what stands before and after the id in a run of 350 bytes."""
    bare = len(_compact(_run()).replace(_ID, run_id(0).encode()))
    head, tail = _compact(_run(purpose="x" * (_SMALL_BYTES - bare))).split(_ID)
    return head, tail


def _scenario_run(number: int) -> dict[str, object]:
    """Return about 2,340 bytes in the shape that servers had in the spring of 2025."""
    return {
        "scenario_id": f"scn_{number:08d}",
        "scenarioRunId": f"scr_{number:08d}",
        "scoringResult": {
            "score": number % 101 / 100,
            "scoring_function_results": [
                {
                    "output": f"{name}, scenario {number}\n"
                    + "passed in 0.01 s\n" * 25,
                    "score": number % 101 / 100,
                    "scoring_function_name": name,
                    "state": "complete",
                }
                for name in _FUNCTIONS
            ],
        },
    }


def _old_run(scenario_runs: int) -> tuple[bytes, bytes]:
    """Return what stands before and after the id in a run with its scenario runs."""
    runs = [_scenario_run(number) for number in range(scenario_runs)]
    head, tail = _compact(_run(scenario_runs=runs, pending_scenarios=[])).split(_ID)
    return head, tail


def _page(query: str) -> bytes:
    given = {name: values[0] for name, values in parse_qs(query).items()}
    total = _number(given.get("benchmark_id", ""))
    limit = min(int(given.get("limit", _DEFAULT_PAGE)), _MAX_PAGE)
    cursor = given.get("starting_after")
    first = 0 if cursor is None else _number(cursor) + 1
    last = min(first + limit, total)
    head, tail = _small_run()
    runs = b",".join(
        head + run_id(number).encode() + tail for number in range(first, last)
    )
    more = b"true" if last < total else b"false"
    return b'{"runs":[' + runs + b'],"has_more":' + more + b"}"


def scenario_id(number: int) -> str:
    """Return the id of one of very many scenarios."""
    return f"scn_{number:08d}"


def _scenarios(query: str) -> bytes:
    """Return scenarios in which most fields are left out, and scorers have a tag."""
    limit = int(parse_qs(query)["limit"][0])
    scenarios = [
        {
            "id": scenario_id(number),
            "name": f"scenario {number}",
            "metadata": {},
            "status": "active",
            "input_context": {"problem_statement": "Make the failing test pass."},
            "scoring_contract": {
                "scoring_function_parameters": [
                    {
                        "name": name,
                        "weight": 0.5,
                        "scorer": {
                            "type": "command_scorer",
                            "command": f"pytest -q tests/{name}",
                        },
                    }
                    for name in _FUNCTIONS[:2]
                ]
            },
        }
        for number in range(limit)
    ]
    return _compact({"scenarios": scenarios, "has_more": False})


def _number(id: str) -> int:
    digits = _DIGITS(id)
    return int(digits[0]) if digits else 0


def http(status: bytes, body: bytes) -> bytes:
    """Return a whole answer with JSON in it."""
    return (
        b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % (status, len(body))
    ) + body


class Answers:
    """Whole HTTP answers, by the target of the request."""

    def __init__(self) -> None:
        self._small = _small_run()
        self._old: dict[str, bytes] = {}
        self._pages: dict[str, bytes] = {}
        self._scenarios: dict[str, bytes] = {}
        self._lost = http(b"404 Not Found", b'{"message":"there is no such path"}')

    def to(self, target: bytes) -> bytes:
        """Return the answer to a GET."""
        if target.startswith(b"/v1/benchmark_runs/"):
            head, tail = self._small
            return http(b"200 OK", head + target[19:] + tail)
        if target.startswith(b"/v1/benchmarks/runs/"):
            return _kept(self._old, target[20:].decode(), _whole_old_run)
        path, _, query = target.partition(b"?")
        if path == b"/v1/benchmark_runs":
            return _kept(self._pages, query.decode(), _page)
        if path == b"/v1/scenarios":
            return _kept(self._scenarios, query.decode(), _scenarios)
        return self._lost


def _whole_old_run(id: str) -> bytes:
    head, tail = _old_run(_number(id))
    return head + id.encode() + tail


def _kept(known: dict[str, bytes], key: str, make: Callable[[str], bytes]) -> bytes:
    if key not in known:
        known[key] = http(b"200 OK", make(key))
    return known[key]
