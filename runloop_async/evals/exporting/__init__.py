"""Exports to a folder; needs the extra `frames`."""

from runloop_async.evals.exporting.job import Exported, export

__all__ = ["Exported", "export"]
