"""What an evaluator wants to see of many runs, as text."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from runloop_async.calls.outcomes import BulkResult
from runloop_async.models.benchmark_runs import BenchmarkRunView

_GAP = "  "
_CUT = ".."
_LEAST = 12
"""Characters of a name that are kept however narrow the terminal is."""


def of_runs(runs: Iterable[BenchmarkRunView], width: int | None = None) -> str:
    """Return a table of states and scores, a line for each benchmark.

    Args:
        runs: The runs.
        width: Characters in a line of the terminal; names are shortened to fit.
    """
    groups: defaultdict[str, list[BenchmarkRunView]] = defaultdict(list)
    for run in runs:
        groups[run.benchmark_id or "(none)"].append(run)
    rows = [("benchmark", "runs", "completed", "mean", "best", "worst")]
    for name, members in sorted(groups.items()):
        scores = [run.score for run in members if run.score is not None]
        completed = sum(run.state == "completed" for run in members)
        rows.append((name, str(len(members)), str(completed), *_numbers(scores)))
    return _table(rows, width)


def of_bulk(result: BulkResult[BenchmarkRunView]) -> str:
    """Return what a bulk took: time, rate, requests, retries and failures."""
    taken, fetched = result.summary, len(result.values)
    rate = fetched / result.elapsed_s if result.elapsed_s else 0.0
    lines = [
        f"{fetched} runs in {result.elapsed_s:.2f} s: {rate:.0f} runs a second",
        f"{taken.requests} requests, {taken.retries} of them retries",
        f"{len(result.failures)} runs failed",
    ]
    lines += [f"  {error}" for _, error in result.failures[:10]]
    if len(result.failures) > 10:  # noqa: PLR2004 - the ten lines above
        lines.append(f"  ... and {len(result.failures) - 10} more")
    return "\n".join(lines)


def _numbers(scores: Sequence[float]) -> tuple[str, str, str]:
    if not scores:
        return "-", "-", "-"
    return f"{fmean(scores):.3f}", f"{max(scores):.3f}", f"{min(scores):.3f}"


def _table(rows: Sequence[Sequence[str]], width: int | None) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if width is not None:
        room = width - sum(widths[1:]) - len(_GAP) * len(widths[1:])
        widths[0] = min(widths[0], max(room, _LEAST))
    return "\n".join(
        _GAP.join(
            _shortened(cell, width).ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _shortened(name: str, width: int) -> str:
    if len(name) <= width:
        return name
    half = (width - len(_CUT)) // 2
    return name[: width - len(_CUT) - half] + _CUT + name[len(name) - half :]
