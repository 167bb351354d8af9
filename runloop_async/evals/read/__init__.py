"""Rows from the service."""

from runloop_async.evals.read.select import Selection, SelectionParams
from runloop_async.evals.read.stream import Rows, runs, scenarios, scores

__all__ = ["Rows", "Selection", "SelectionParams", "runs", "scenarios", "scores"]
