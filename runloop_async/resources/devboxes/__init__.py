"""Devboxes, their snapshots, commands and logs."""

from runloop_async.resources.devboxes.box import Devbox, Execution, ExecutionResult
from runloop_async.resources.devboxes.devboxes import Devboxes

__all__ = ["Devbox", "Devboxes", "Execution", "ExecutionResult"]
