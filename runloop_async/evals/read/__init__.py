"""Rows from the service."""

from runloop_async.evals.read.select import Earlier, Selection, SelectionParams
from runloop_async.evals.read.stream import Rows, runs, scenarios, scores

__all__ = [
    "Earlier",
    "Rows",
    "Selection",
    "SelectionParams",
    "runs",
    "scenarios",
    "scores",
]
