"""Lets the contenders take turns, and makes figures of what they needed."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from statistics import quantiles
from typing import Final

import attrs

from benchmarks.cases import CASES
from benchmarks.processes import Address, Process, worker

CONTENDERS: Final = {
    "library": "runloop_async",
    "library_session": "runloop_async, session=",
    "by_hand": "aiohttp + orjson by hand",
    "reqwest": "pyreqwest + orjson by hand",
    "official": "official, httpx",
    "official_aiohttp": "official, aiohttp",
    "official_http2": "official, HTTP/2",
}
"""The contenders: the module of each, and what it is called in a table."""
YARDSTICK: Final = "by_hand"


@attrs.frozen(kw_only=True)
class Turn:
    """What one contender needed for one turn."""

    cpu_us: float
    """CPU time of its process, user and system, for each run, in microseconds."""
    wall_us: float
    """Time that passed, for each run, in microseconds."""


@attrs.frozen(kw_only=True)
class Spread:
    """The quartiles of some figures: half of them lie between `low` and `high`."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Spread":
        """Return the spread of at least one figure."""
        if len(figures) == 1:
            return cls(low=figures[0], median=figures[0], high=figures[0])
        low, median, high = quantiles(figures, n=4, method="inclusive")
        return cls(low=low, median=median, high=high)


@attrs.frozen(kw_only=True)
class Result:
    """How one contender did in one case."""

    contender: str
    count: int
    """Runs in each turn."""
    turns: list[Turn]
    """The turns that came to their end, in order."""
    errors: list[str]
    """Why the others did not."""
    cpu_us: Spread | None = None
    """Per run; None if no turn came to its end."""
    wall_us: Spread | None = None
    """Per run; None if no turn came to its end."""
    cpu_ratio: Spread | None = None
    """To the hand-written loop in the same round; None if some turn failed."""
    wall_ratio: Spread | None = None
    """The same for the time that passed."""


def measure(
    address: Address, cases: Sequence[str], *, processes: int, rounds: int, brief: bool
) -> Mapping[str, list[Result]]:
    """Return, for each case, a result for each contender.

    Where a process happens to have its memory makes it faster or slower by a tenth for
    as long as it lives. So each contender has several, one after the other.
    """
    results = {
        case: [
            Result(
                contender=name,
                count=_count(name, case, brief=brief),
                turns=[],
                errors=[],
            )
            for name in CONTENDERS
        ]
        for case in cases
    }
    for _ in range(processes):
        with ExitStack() as stack:
            workers = {
                name: stack.enter_context(worker(name, address)) for name in CONTENDERS
            }
            for case in cases:
                _rounds(workers, case, rounds, results[case])
    return {case: _compared(each) for case, each in results.items()}


def _rounds(
    workers: Mapping[str, Process], case: str, rounds: int, results: Sequence[Result]
) -> None:
    """Let all take turns, A B C D A B C D; the first round warms up and is dropped."""
    for number in range(rounds + 1):
        for result in results:
            answer = workers[result.contender].ask(f"{case} {result.count}")
            if "error" in answer:
                result.errors.append(answer["error"])
            elif number:
                result.turns.append(
                    Turn(
                        cpu_us=answer["cpu_s"] / result.count * 1e6,
                        wall_us=answer["wall_s"] / result.count * 1e6,
                    )
                )


def _count(contender: str, case: str, *, brief: bool) -> int:
    chosen = CASES[case]
    if brief:
        return chosen.brief
    return chosen.official if contender.startswith("official") else chosen.count


def _compared(results: Sequence[Result]) -> list[Result]:
    yardstick = next(each for each in results if each.contender == YARDSTICK)
    return [_summary(result, yardstick.turns) for result in results]


def _summary(result: Result, yardstick: Sequence[Turn]) -> Result:
    """Return a result with its spreads; ratios are taken within a round.

    What else the machine does weighs on neighbours in time alike.
    """
    if not result.turns:
        return result
    result = attrs.evolve(
        result,
        cpu_us=Spread.of([turn.cpu_us for turn in result.turns]),
        wall_us=Spread.of([turn.wall_us for turn in result.turns]),
    )
    if len(result.turns) != len(yardstick):
        return result
    pairs = [*zip(result.turns, yardstick, strict=True)]
    return attrs.evolve(
        result,
        cpu_ratio=Spread.of([mine.cpu_us / base.cpu_us for mine, base in pairs]),
        wall_ratio=Spread.of([mine.wall_us / base.wall_us for mine, base in pairs]),
    )
