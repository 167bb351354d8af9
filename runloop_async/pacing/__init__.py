"""How fast requests may leave and how many at once: decisions without a clock."""

from runloop_async.pacing.budget import RetryBudget
from runloop_async.pacing.concurrency import Concurrency, Shared
from runloop_async.pacing.governor import LATER, NOW, Governor
from runloop_async.pacing.pace import Pace

__all__ = [
    "LATER",
    "NOW",
    "Concurrency",
    "Governor",
    "Pace",
    "RetryBudget",
    "Shared",
]
