"""Devboxes, their snapshots, commands and logs."""

from runloop_async.resources.devboxes.devboxes import Devboxes
from runloop_async.resources.devboxes.handles import Devbox, Execution, ExecutionResult

__all__ = ["Devbox", "Devboxes", "Execution", "ExecutionResult"]
