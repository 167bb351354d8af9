"""Exports to a folder or a bucket; needs the extra `frames`."""

from runloop_async.evals.exporting.compacting import compact
from runloop_async.evals.exporting.job import Exported, export

__all__ = ["Exported", "compact", "export"]
