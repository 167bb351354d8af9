"""What an evaluator wants to see of many runs, as text."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from runloop_async.calls.outcomes import BulkResult
from runloop_async.models.benchmark_runs import BenchmarkRunView


def of_runs(runs: Iterable[BenchmarkRunView]) -> str:
    """Return a table of states and scores, a line for each benchmark."""
    groups: defaultdict[str, list[BenchmarkRunView]] = defaultdict(list)
    for run in runs:
        groups[run.benchmark_id or "(none)"].append(run)
    rows = [("benchmark", "runs", "completed", "mean score", "best", "worst")]
    for name, members in sorted(groups.items()):
        scores = [run.score for run in members if run.score is not None]
        completed = sum(run.state == "completed" for run in members)
        rows.append((name, str(len(members)), str(completed), *_numbers(scores)))
    return _table(rows)


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


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
