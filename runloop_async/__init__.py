"""The async-first Python client for the Runloop API.

    async with AsyncRunloop() as client:
        runs = await asyncio.gather(*(client.benchmark_runs.retrieve(id) for id in ids))

What the API sends is in `runloop_async.models`, one file per group; an emulator of the
API for your own tests is `runloop_async.testing.Emulator`.
"""

from typing import TYPE_CHECKING

from runloop_async import moved
from runloop_async._version import __version__
from runloop_async.calls.bulk import Bulk
from runloop_async.calls.call import Call, RawResponse
from runloop_async.calls.files import Download
from runloop_async.calls.outcomes import BulkResult, Outcome, Progress, Summary
from runloop_async.calls.paging import Page, PageCall
from runloop_async.calls.polling import PollingConfig
from runloop_async.calls.repeatable import Flow, Repeatable
from runloop_async.calls.streaming import EventStream
from runloop_async.client import AsyncRunloop
from runloop_async.convert import from_dict, to_dict, to_json
from runloop_async.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    APITLSError,
    AuthenticationError,
    BadRequestError,
    ClientClosedError,
    ConfigurationError,
    ConflictError,
    EventLoopError,
    InternalServerError,
    NotFoundError,
    PaginationError,
    PermissionDeniedError,
    PermitsError,
    PollingTimeout,
    ProtocolError,
    ProxyError,
    RateLimitError,
    RedirectError,
    ResponseTooLargeError,
    RunloopError,
    StreamError,
    TruncatedBodyError,
    UnprocessableEntityError,
    WaitError,
)
from runloop_async.options import RetryPolicy, Timeouts
from runloop_async.pacing.limits import Limits, Permits
from runloop_async.sending.stats import Stats

if TYPE_CHECKING:
    from runloop_async.resources.devboxes import Devbox, Execution, ExecutionResult
else:

    def __getattr__(name: str) -> object:
        if name in __all__:  # a handle, which few programs name
            from runloop_async.resources import devboxes  # noqa: PLC0415

            return getattr(devboxes, name)
        if name in moved.NAMES:  # `from` would replace an AttributeError by its own
            raise ImportError(f"runloop_async has no {name}: {moved.NAMES[name]}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITLSError",
    "APITimeoutError",
    "AsyncRunloop",
    "AuthenticationError",
    "BadRequestError",
    "Bulk",
    "BulkResult",
    "Call",
    "ClientClosedError",
    "ConfigurationError",
    "ConflictError",
    "Devbox",
    "Download",
    "EventLoopError",
    "EventStream",
    "Execution",
    "ExecutionResult",
    "Flow",
    "InternalServerError",
    "Limits",
    "NotFoundError",
    "Outcome",
    "Page",
    "PageCall",
    "PaginationError",
    "PermissionDeniedError",
    "Permits",
    "PermitsError",
    "PollingConfig",
    "PollingTimeout",
    "Progress",
    "ProtocolError",
    "ProxyError",
    "RateLimitError",
    "RawResponse",
    "RedirectError",
    "Repeatable",
    "ResponseTooLargeError",
    "RetryPolicy",
    "RunloopError",
    "Stats",
    "StreamError",
    "Summary",
    "Timeouts",
    "TruncatedBodyError",
    "UnprocessableEntityError",
    "WaitError",
    "__version__",
    "from_dict",
    "to_dict",
    "to_json",
]
