"""From runs to a decision: rows, tables, exports, analysis.

    from runloop_async import AsyncRunloop, evals

    async with AsyncRunloop() as client:
        rows = await evals.to_table(evals.scenarios(client, benchmark_id="bmd_1"))
    print(evals.mean(rows))

Each part is imported when it is first used, since some need an extra: tables and
exports need `runloop-async[frames]`, the analysis `runloop-async[analysis]`, and the
report `runloop-async[report]`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from runloop_async.evals.analysis import (
        Comparison,
        Estimate,
        Leaderboard,
        compare,
        flaky,
        leaderboard,
        mean,
        pass_at_k,
        pass_hat_k,
    )
    from runloop_async.evals.errors import (
        ExportError,
        ExportMismatchError,
        IncompleteError,
    )
    from runloop_async.evals.exporting import Exported, compact, export
    from runloop_async.evals.frames import schema, to_table
    from runloop_async.evals.read import Rows, runs, scenarios, scores
    from runloop_async.evals.report import write_report
    from runloop_async.evals.rows import RunRow, ScenarioRow, ScoreRow, State

__all__ = [
    "Comparison",
    "Estimate",
    "ExportError",
    "ExportMismatchError",
    "Exported",
    "IncompleteError",
    "Leaderboard",
    "Rows",
    "RunRow",
    "ScenarioRow",
    "ScoreRow",
    "State",
    "compact",
    "compare",
    "export",
    "flaky",
    "leaderboard",
    "mean",
    "pass_at_k",
    "pass_hat_k",
    "runs",
    "scenarios",
    "schema",
    "scores",
    "to_table",
    "write_report",
]

_HOMES: Final = {
    "analysis": (
        *("Comparison", "Estimate", "Leaderboard", "compare", "flaky"),
        *("leaderboard", "mean", "pass_at_k", "pass_hat_k"),
    ),
    "errors": ("ExportError", "ExportMismatchError", "IncompleteError"),
    "exporting": ("Exported", "compact", "export"),
    "frames": ("schema", "to_table"),
    "read": ("Rows", "runs", "scenarios", "scores"),
    "report": ("write_report",),
    "rows": ("RunRow", "ScenarioRow", "ScoreRow", "State"),
}

if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> object:
        for home, names in _HOMES.items():
            if name in names:
                return getattr(import_module(f"{__name__}.{home}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
