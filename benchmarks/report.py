"""What is printed and kept of a measurement."""

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.cases import Case
from benchmarks.measure import CONTENDERS, Result, Spread

_PACKAGES: Final = (
    "runloop-async",
    "runloop-api-client",
    "aiohttp",
    "httpx",
    "httpx-aiohttp",
    "msgspec",
    "cattrs",
    "orjson",
    "pyreqwest",
    "h2",
    "pydantic",
    "uvloop",
)
_ROW: Final = "  {:<26}{:>7}  {:>22}{:>20}  {:>22}{:>20}"


def machine() -> Mapping[str, object]:
    """Return what the figures depend on: the machine, Python and packages."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    names = (line.partition(":")[2] for line in lines if line.startswith("model name"))
    return next(names, platform.processor()).strip()


def table(case: Case, results: Sequence[Result]) -> str:
    """Return a case as a table: microseconds per run, and ratios to by hand."""
    head = ("", "runs", "CPU us/run", "ratio", "wall us/run", "ratio")
    lines = [case.title, _ROW.format(*head)]
    for result in results:
        figures = (result.cpu_us, result.cpu_ratio, result.wall_us, result.wall_ratio)
        shown = (_shown(each) for each in figures)
        lines.append(_ROW.format(CONTENDERS[result.contender], result.count, *shown))
        if result.errors:
            lines.append(f"    failed {len(result.errors)} times: {result.errors[0]}")
    return "\n".join(lines)


def _shown(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    median, low, high = map(_short, (spread.median, spread.low, spread.high))
    return f"{median} ({low}-{high})"


def _short(figure: float) -> str:
    """Return a figure with about three digits."""
    if figure < 10:  # noqa: PLR2004 - three digits
        return f"{figure:.2f}"
    return f"{figure:.1f}" if figure < 100 else f"{figure:,.0f}"  # noqa: PLR2004
