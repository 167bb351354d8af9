"""Count the instructions that a run costs, and each of its steps.

Run it from the root of the repository as `python -m benchmarks.instructions`. Unlike
time, they are the same to half a percent on a busy machine. What the kernel does is
left out. Callgrind counts them, which is part of valgrind: `apt install valgrind`.
"""

import argparse
import re
import shutil
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.processes import Process, running, served

_TOOL: Final = (
    "valgrind",
    "--quiet",
    "--tool=callgrind",
    "--dump-before=getppid",  # which marks a point: see `worker.mark`
)
_TOTALS: Final = re.compile(r"^totals: (\d+)", re.MULTILINE)
_WARM_UP: Final = 700
_TIMES: Final = 500
_LEEWAY: Final = 1.05
_YARDSTICK: Final = "by hand"
CASES: Final[Mapping[str, tuple[str, str, int]]] = {
    _YARDSTICK: ("by_hand", "small", 1500),
    "pyreqwest": ("reqwest", "small", 1500),
    "official client": ("official", "small", 256),
    "small": ("library_places", "small", 1500),
    "gather": ("library_places", "gather", 1500),
    "bulk": ("library_places", "bulk", 1500),
    "session=": ("library_session", "small", 1500),
}
"""What is counted: the module of a contender, the case that it plays, and the runs."""
BUDGET: Final[Mapping[str, float]] = {
    "small": 0.51,
    "gather": 0.66,
    "bulk": 0.60,
    "session=": 0.56,
}
"""What a run may cost in a case of this library, where one by hand costs 1."""
STEPS: Final[Mapping[str, float]] = {
    "make the call": 14_000,
    "pass the gate and leave it": 19_500,
    "prepare the request": 5_600,
    "make bytes of the request": 3_000,
    "start and stop the timeout": 5_700,
    "decode the model": 14_500,
}
"""The instructions that a step of a small run may cost."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Count and print; return 1 if something costs 5 % more than its budget."""
    given = _parser().parse_args(arguments)
    if shutil.which(_TOOL[0]) is None:
        print("valgrind is missing, which counts instructions: apt install valgrind")
        return 2
    if unknown := {*given.cases} - {*CASES, "steps"}:
        print(f"there is no case {', '.join(unknown)}")
        return 2
    excess = list[str]()
    if given.cases != ["steps"]:
        excess += _cases(given.cases or [*CASES])
    if not given.cases or "steps" in given.cases:
        excess += _steps()
    print(*excess, sep="\n")
    return int(bool(excess))


def _cases(names: Sequence[str]) -> list[str]:
    """Count the runs of some cases; return what is above its budget."""
    print(f"{'a run':<28}{'instructions':>14}{_YARDSTICK + ' = 1':>14}{'budget':>9}")
    excess, yardstick = list[str](), 0
    with served(tls=False, service_ms=0) as address:
        for name in [_YARDSTICK, *(each for each in names if each in CASES)]:
            if name == _YARDSTICK and yardstick:
                continue
            module, case, runs = CASES[name]
            with _counted(f"benchmarks.contenders.{module}", address.url) as (
                process,
                counts,
            ):
                for order in (f"small {_WARM_UP}", f"{case} {runs}"):
                    if "error" in (answer := process.ask(order)):
                        raise RuntimeError(f"{name}: {answer['error']}")
            count = counts[-1] // runs
            yardstick = yardstick or count
            ratio, budget = count / yardstick, BUDGET.get(name)
            print(f"{name:<28}{count:>14,}{ratio:>14.3f}{budget or '':>9}", flush=True)
            excess += _above(name, ratio, budget)
    return excess


def _steps() -> list[str]:
    """Count the steps of a small run; return what is above its budget."""
    print(f"\n{'a step of a small run':<28}{'instructions':>14}{'budget':>23}")
    with _counted("benchmarks.steps", "--marked", str(_TIMES)) as (process, counts):
        names = process.read().split(",")
        process.read()  # when all are done
    excess = list[str]()
    for name, count in zip(names, counts, strict=True):
        cost, budget = (count - counts[0]) // _TIMES, STEPS.get(name)
        print(f"{name:<28}{cost:>14,}{budget or '':>23}")
        excess += _above(name, cost, budget)
    return excess


def _above(name: str, figure: float, budget: float | None) -> list[str]:
    if budget is None or figure <= _LEEWAY * budget:
        return []
    return [f"{name}: {figure:,.3f} is more than its budget of {budget:,}"]


@contextmanager
def _counted(module: str, *arguments: str) -> Generator[tuple[Process, list[int]]]:
    """Run a module; once it has ended, the list has what it did between two marks."""
    counts = list[int]()
    with TemporaryDirectory() as directory:
        tool = (*_TOOL, f"--callgrind-out-file={directory}/out")
        with running(
            module, *arguments, core=0, more={"PYTHONHASHSEED": "1"}, tool=tool
        ) as process:
            yield process, counts
        parts = sorted(
            Path(directory).glob("out.*"), key=lambda each: int(each.suffix[1:])
        )
        totals = [int(_TOTALS.findall(each.read_text())[0]) for each in parts]
        counts += totals[1::2]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.instructions", description=main.__doc__
    )
    parser.add_argument(
        "cases", nargs="*", help=f"of {', '.join(CASES)}, steps; default: all"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
