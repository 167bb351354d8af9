"""Scenarios, their runs and their scorers."""

from runloop_async.resources.scenarios.scenarios import Scenarios

__all__ = ["Scenarios"]
