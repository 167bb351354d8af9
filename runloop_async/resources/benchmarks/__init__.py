"""Benchmarks, and the old paths to their runs."""

from runloop_async.resources.benchmarks.benchmarks import Benchmarks

__all__ = ["Benchmarks"]
