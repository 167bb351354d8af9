"""How fast requests may leave and how many at once: decisions without a clock."""

from runloop_async.wire.rate.budget import RetryBudget
from runloop_async.wire.rate.concurrency import Concurrency, Shared
from runloop_async.wire.rate.governor import LATER, NOW, Governor
from runloop_async.wire.rate.pace import Pace

__all__ = [
    "LATER",
    "NOW",
    "Concurrency",
    "Governor",
    "Pace",
    "RetryBudget",
    "Shared",
]
