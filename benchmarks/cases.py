"""What is measured: each case is a small function over any contender.

To add a case, write its function and its row in `CASES`; if it needs something new of
the clients, say so in `Contender`. A case raises where an answer is not the due one, so
that nobody is fast by leaving work out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Protocol

import attrs

from benchmarks.bodies import run_id, scenario_id

_AT_ONCE: Final = 64
_SCENARIOS: Final = 500
_SCENARIOS_OF_MID: Final = 12


class Contender(Protocol):
    """A client, used as its documentation or common sense would have it."""

    async def run(self, id: str) -> str:
        """Fetch a run, and return its id."""
        ...

    async def old_run(self, id: str) -> float:
        """Fetch a run by the old path; return the sum of its scenario runs' scores."""
        ...

    async def list(self, benchmark_id: str) -> Sequence[str]:
        """List all runs of a benchmark by pages of 5,000, and return their ids."""
        ...

    async def scenarios(self, limit: int) -> Sequence[str]:
        """Fetch one page of scenarios, and return their ids."""
        ...

    async def gather(self, ids: Sequence[str]) -> Sequence[str]:
        """Fetch runs in one `asyncio.gather`, and return their ids."""
        ...

    async def bulk(self, ids: Iterable[str]) -> Sequence[str]:
        """Fetch very many runs, 100 at a time, and return their ids."""
        ...


async def small(contender: Contender, count: int) -> None:
    """Fetch runs of 350 bytes, 64 at a time."""
    left = iter(_ids(count))

    async def work() -> None:
        for each in left:
            _same(await contender.run(each), each)

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))


async def big(contender: Contender, count: int) -> None:
    """Fetch runs of 1.17 MB with 500 scenario runs, one after the other."""
    for _ in range(count):
        await _old_run(contender, _SCENARIOS)


async def mid(contender: Contender, count: int) -> None:
    """Fetch runs of 28 kB with 12 scenario runs, one after the other."""
    for _ in range(count):
        await _old_run(contender, _SCENARIOS_OF_MID)


async def _old_run(contender: Contender, scenarios: int) -> None:
    expected = sum(number % 101 / 100 for number in range(scenarios))
    total = await contender.old_run(f"bmr_{scenarios}")
    _same(round(total, 6), round(expected, 6))


async def sparse(contender: Contender, count: int) -> None:
    """Fetch pages of 500 scenarios, of which most fields are left out."""
    for _ in range(0, count, _SCENARIOS):
        limit = min(count, _SCENARIOS)
        ids = [scenario_id(number) for number in range(limit)]
        _same([*await contender.scenarios(limit)], ids)


async def listing(contender: Contender, count: int) -> None:
    """List all runs of a benchmark."""
    _same([*await contender.list(f"bmd_{count}")], _ids(count))


async def gather(contender: Contender, count: int) -> None:
    """Fetch runs in one gather."""
    ids = _ids(count)
    _same([*await contender.gather(ids)], ids)


async def bulk(contender: Contender, count: int) -> None:
    """Fetch runs in bulk: outcomes in order, failures kept."""
    ids = _ids(count)
    _same([*await contender.bulk(ids)], ids)


def _ids(count: int) -> list[str]:
    return [run_id(number) for number in range(count)]


def _same(found: object, expected: object) -> None:
    if found != expected:
        raise ValueError(f"an answer is not the due one: {found!r:.80}")


@attrs.frozen(kw_only=True)
class Case:
    """A case, and how much of it makes one turn."""

    play: Callable[[Contender, int], Awaitable[None]]
    """Does the work, for a number of runs."""
    title: str
    """What it measures."""
    count: int
    """Runs in a turn of this library and of the hand-written loop."""
    official: int
    """Runs in a turn of the official client: fewer where it would take very long, and
    still a multiple of what it has under way at once, so that no slot stands empty."""
    brief: int
    """Runs in a turn when times are not judged."""


CASES: Final = {
    "small": Case(
        play=small,
        title="runs of 350 bytes, 64 at a time",
        count=1024,
        official=256,
        brief=100,
    ),
    "mid": Case(
        play=mid,
        title="runs of 28 kB with 12 scenario runs, one after the other",
        count=300,
        official=30,
        brief=5,
    ),
    "big": Case(
        play=big,
        title="runs of 1.17 MB with 500 scenario runs, one after the other",
        count=10,
        official=2,
        brief=1,
    ),
    "list": Case(
        play=listing,
        title="a list of runs by pages of 5,000",
        count=20_000,
        official=10_000,
        brief=5100,
    ),
    "sparse": Case(
        play=sparse,
        title="scenarios by pages of 500, most fields left out",
        count=20_000,
        official=2_000,
        brief=100,
    ),
    "gather": Case(
        play=gather,
        title="runs in one gather",
        count=2000,
        official=480,
        brief=100,
    ),
    "bulk": Case(
        play=bulk,
        title="runs in bulk, 100 at a time, failures kept",
        count=5000,
        official=500,
        brief=100,
    ),
}
"""All cases, by the names that the command line knows."""
