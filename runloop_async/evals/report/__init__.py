"""A report as one file of HTML; needs the extra `report`."""

from runloop_async.evals.report.page import write_report

__all__ = ["write_report"]
