"""Estimates, comparisons and boards of attempts; knows rows, and no client."""

from runloop_async.evals.analysis.board import Entry, Leaderboard, leaderboard
from runloop_async.evals.analysis.compare import Change, Comparison, compare, flaky
from runloop_async.evals.analysis.estimate import Estimate, mean
from runloop_async.evals.analysis.passk import pass_at_k, pass_hat_k

__all__ = [
    "Change",
    "Comparison",
    "Entry",
    "Estimate",
    "Leaderboard",
    "compare",
    "flaky",
    "leaderboard",
    "mean",
    "pass_at_k",
    "pass_hat_k",
]
