"""Compare this library with a hand-written loop and with the official client.

Run it from the root of the repository as `python -m benchmarks`.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from benchmarks.capacity import capacity
from benchmarks.cases import CASES
from benchmarks.measure import measure
from benchmarks.processes import served
from benchmarks.report import machine, table

_RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and keep; return 1 if a contender failed in some turn."""
    given = _parser().parse_args(arguments)
    began = datetime.now(UTC)
    facts = machine()
    print(json.dumps(facts, indent=2))
    kept: dict[str, Any] = {
        "began": began.isoformat(timespec="seconds"),
        "machine": facts,
        "options": {name: str(value) for name, value in vars(given).items()},
        **_measured(given),
    }
    path: Path = given.json or _RESULTS / f"{began:%Y-%m-%dT%H-%M-%S}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=2) + "\n")
    print(f"kept in {path}")
    results = [each for results in kept["cases"].values() for each in results]
    return int(any(each["errors"] for each in results))


def _measured(given: argparse.Namespace) -> dict[str, Any]:
    rounds = given.rounds or (1 if given.small else 5)
    processes = given.processes or (1 if given.small else 3)
    cases = dict[str, Any]()
    with served(tls=given.tls, service_ms=given.service_ms) as address:
        rate = capacity(address, 10 if given.small else 1000)
        print(f"the server answers {rate:,.0f} small requests a second")
        print(f"{processes} processes each, {rounds} rounds of turns in each")
        print("median (quartiles); by hand = 1")
        print("the official client does fewer runs in a turn; figures are per run\n")
        measured = measure(
            address, given.cases, processes=processes, rounds=rounds, brief=given.small
        )
    for name, results in measured.items():
        print(table(CASES[name], results), end="\n\n", flush=True)
        cases[name] = [attrs.asdict(each) for each in results]
    return {
        "server_requests_per_s": rate,
        "processes": processes,
        "rounds": rounds,
        "cases": cases,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=main.__doc__
    )
    parser.add_argument("--rounds", type=int, help="turns of each process; default 5")
    parser.add_argument(
        "--processes", type=int, help="processes of each contender; default 3"
    )
    parser.add_argument(
        "--small",
        action="store_true",
        help="a few seconds of everything: shows that it works, not how fast it is",
    )
    parser.add_argument(
        "--cases", nargs="+", choices=CASES, default=[*CASES], help="default: all"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="default: in benchmarks/results"
    )
    parser.add_argument("--tls", action="store_true", help="use https")
    parser.add_argument(
        "--service-ms",
        type=float,
        default=0.0,
        help="let the server take this long for an answer; default 0",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
