"""One contender in a process of its own: nobody carries another's objects or sockets.

The process reads orders from its standard input, one `CASE COUNT` a line, answers each
with a line of JSON, and ends when the input closes. Between turns it stands still.
"""

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from benchmarks.cases import CASES, Case, Contender, small

_WARM_UP: Final = 128
_LIMIT_S: Final = 120.0

Opener = Callable[[str], AbstractAsyncContextManager[Contender]]
"""Opens a contender for a base URL."""


def work(open_contender: Opener) -> None:
    """Take turns with a contender; its base URL is the argument of the process."""
    asyncio.run(_work(open_contender))


async def _work(open_contender: Opener) -> None:
    async with open_contender(sys.argv[1]) as contender:
        for line in sys.stdin:
            case, count = line.split()
            print(json.dumps(await _turn(contender, CASES[case], int(count))))
            sys.stdout.flush()


async def _turn(contender: Contender, case: Case, count: int) -> dict[str, object]:
    try:
        async with asyncio.timeout(_LIMIT_S):
            # Connections that stood idle may have been closed: open them again.
            await small(contender, min(count, _WARM_UP))
            gc.collect()
            mark()
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            await case.play(contender, count)
            wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
            mark()
    except Exception as error:  # noqa: BLE001 - a contender that breaks is a result
        return {"error": f"{type(error).__name__}: {error}"}
    return {"wall_s": wall_s, "cpu_s": cpu_s}


def mark() -> None:
    """Mark a point for `benchmarks.instructions`, whose tool sees the call."""
    os.getppid()
