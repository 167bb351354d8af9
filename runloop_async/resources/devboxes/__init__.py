"""Devboxes: themselves, their executions, snapshots, logs and ways in."""

from runloop_async.resources.devboxes.devboxes import Devboxes

__all__ = ["Devboxes"]
