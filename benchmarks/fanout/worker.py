"""One run in a process of its own; prints its figures as JSON."""

import asyncio
import json
import sys
import traceback

from benchmarks.fanout import cases, peers
from benchmarks.fanout.cases import Turn
from benchmarks.fanout.runs import RUNS

_LIMIT_S = 240.0


async def _figures(name: str, url: str, scale: float) -> object:
    run = RUNS[name]
    case = getattr(cases, run.case, None) or getattr(peers, run.case)
    async with asyncio.timeout(_LIMIT_S):
        return await case(Turn(url, scale), **run.arguments)


def main() -> None:
    """Run what the arguments name: a run, the URL of the server, the scale."""
    url, name, scale = sys.argv[1:]
    try:
        figures = asyncio.run(_figures(name, url, float(scale)))
    except Exception as error:  # noqa: BLE001 - a run that breaks is a result
        traceback.print_exc()
        figures = {"broke": repr(error)}
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
