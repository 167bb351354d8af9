"""Every error that this library raises on purpose, in one tree.

::

    RunloopError
      ConfigurationError            also a ValueError: an option or variable is unusable
      ClientClosedError             the client was closed
      EventLoopError                the client belongs to another event loop
      APIError                      a request failed; knows its route, attempts and time
        APIConnectionError          no whole response came; `.sent` tells how far it got
          APITimeoutError           also a TimeoutError; `.phase` tells what was slow
          APITLSError               the server's identity could not be verified
          ProtocolError             the response is not valid HTTP; not tried again
          ProxyError                the proxy refused to pass the request on
          TruncatedBodyError        the response broke off
          RedirectError             the server pointed elsewhere; not followed
        APIStatusError              the server answered with an error status
          BadRequestError           400
          AuthenticationError       401
          PermissionDeniedError     403
          NotFoundError             404
          ConflictError             409
          UnprocessableEntityError  422
          RateLimitError            429
          InternalServerError       500 and above
        APIResponseValidationError  the response does not have the documented shape
        ResponseTooLargeError       the response is larger than the client accepts
        PaginationError             a list's cursor does not move on
        PermitsError                the permits of `Limits(rate=...)` failed
        StreamError                 a stream of events broke and was not resumed
      PollingTimeout                also a TimeoutError: a wait passed its deadline
      WaitError                     what was waited for ended in another state

Errors carry method, route template, attempts and seconds, and never a header or a key.
They can be pickled. `asyncio.CancelledError` is not among them: it passes untouched.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from runloop_async.annotations import override
from runloop_async.moved import ERROR, missing

Phase = Literal["connect", "proxy", "write", "read", "total", "deadline"]
"""Where in a request something went wrong."""


class RunloopError(Exception):
    """Everything that this library raises on purpose."""

    @override
    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the message and all attributes, whatever the constructor takes."""
        return _restore, (type(self), self.args, self.__dict__)


def _restore(
    kind: type[RunloopError], args: tuple[object, ...], state: Mapping[str, object]
) -> RunloopError:
    error = kind.__new__(kind)
    error.args = args  # an OSError, as timeouts are, would not take them from __new__
    error.__dict__.update(state)
    return error


class ConfigurationError(RunloopError, ValueError):
    """An option, argument or environment variable cannot be used; nothing was sent."""


class ClientClosedError(RunloopError):
    """The client is closed; make a new one, or keep the first one open."""

    ambiguous: bool = False
    """Whether a write may have been carried out, being under way at the closing."""


class EventLoopError(RunloopError):
    """A client was used in another event loop than the one it opened in."""


class APIError(RunloopError):
    """A request to the API failed."""

    message: str
    """What happened, in one sentence."""
    method: str = ""
    """The HTTP method."""
    route: str = ""
    """The path template, such as `/v1/benchmark_runs/{id}`."""
    attempts: int = 0
    """How many times the request was tried."""
    elapsed_s: float = 0.0
    """Seconds from the first attempt to the failure."""
    request_id: str | None = None
    """The `x-request-id` of the exchange, to quote to the service's support."""
    ambiguous: bool = False
    """Whether a write may have been carried out although it failed here."""
    is_repetition: bool = False
    """Whether an earlier attempt of the call may have been carried out already."""
    out_of_time: bool = False
    """Whether the call's deadline ended it: but for that it would be tried again."""
    exhausted: bool = False
    """Whether all its retries failed, or the service was down: later it may succeed."""
    cursor: str | None = None
    """While listing: `starting_after` of the page that failed, to resume from."""
    items: "list[Any] | None" = None
    """While reading a whole list with `.all()`: the items of the pages before."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    if not TYPE_CHECKING:  # pragma: no branch

        def __getattr__(self, name: str) -> object:
            raise missing(self, name, ERROR)

    @override
    def __str__(self) -> str:
        """Return the message with what is known of the request."""
        facts = [f"{self.method} {self.route}"] if self.route else []
        if self.attempts:
            plural = "" if self.attempts == 1 else "s"
            facts.append(f"{self.attempts} attempt{plural} in {self.elapsed_s:.2f} s")
        if self.request_id:
            facts.append(f"request {self.request_id}")
        if self.ambiguous:
            facts.append("it may have been carried out all the same")
        return f"{self.message} [{', '.join(facts)}]" if facts else self.message


class APIConnectionError(APIError):
    """No whole response came back."""

    phase: Phase
    """Where it broke."""
    sent: bool | None
    """Whether the request reached the server; None if that cannot be known."""

    def __init__(self, message: str, *, phase: Phase, sent: bool | None = None) -> None:
        super().__init__(message)
        self.phase = phase
        self.sent = sent


class APITimeoutError(APIConnectionError, TimeoutError):
    """An attempt took longer than its timeout, or the call than its deadline."""


class APITLSError(APIConnectionError):
    """The server's certificate could not be verified; nothing was sent."""


class ProxyError(APIConnectionError):
    """The proxy refused to pass the request on; nothing reached the service."""


class ProtocolError(APIConnectionError):
    """The response is not valid HTTP, or its headers are too large."""


class TruncatedBodyError(APIConnectionError):
    """The response ended before it was whole."""


class RedirectError(APIConnectionError):
    """The server answered with a redirect, which is not followed."""


class APIStatusError(APIError):
    """The server answered with an error status."""

    status_code: int
    """The HTTP status."""
    code: str | None
    """The API's own word for the error, if it sent one."""
    body: object
    """The decoded JSON body, else its text."""
    retry_after: float | None
    """Seconds that the server asked to wait, if it did."""
    should_retry: bool | None
    """What the server said of trying again (`x-should-retry`), if it did."""

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        code: str | None = None,
        body: object = None,
        retry_after: float | None = None,
        should_retry: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.code = code
        self.body = body
        self.retry_after = retry_after
        self.should_retry = should_retry

    @staticmethod
    def class_for(status: int) -> "type[APIStatusError]":
        """Return the subclass that stands for a status."""
        if status >= InternalServerError.lowest_status:
            return InternalServerError
        return _BY_STATUS.get(status, APIStatusError)


class BadRequestError(APIStatusError):
    """400: the request is not valid, or not possible in the present state."""


class AuthenticationError(APIStatusError):
    """401: the key is missing or not valid."""


class PermissionDeniedError(APIStatusError):
    """403: the key may not do this."""


class NotFoundError(APIStatusError):
    """404: there is no such thing, or the key may not see it."""


class ConflictError(APIStatusError):
    """409: the request does not fit the present state of the thing."""


class UnprocessableEntityError(APIStatusError):
    """422: the request was understood but its content is not valid."""


class RateLimitError(APIStatusError):
    """429: too many requests; it has the time to wait, if that is known."""


class InternalServerError(APIStatusError):
    """500 and above: the service failed."""

    lowest_status: ClassVar = 500


_BY_STATUS: Mapping[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


class APIResponseValidationError(APIError):
    """The response does not have the documented shape."""

    path: str
    """Where in the response, such as `$.runs[17].id`."""
    expected: str
    """The shape that was due there."""
    found: str
    """What stood there, shortened."""
    body: bytes
    """The response as it came."""

    def __init__(
        self,
        message: str,
        *,
        path: str = "$",
        expected: str = "",
        found: str = "",
        body: bytes = b"",
    ) -> None:
        super().__init__(message)
        self.path = path
        self.expected = expected
        self.found = found
        self.body = body


class ResponseTooLargeError(APIError):
    """The response is larger than the client accepts."""


class PaginationError(APIError):
    """A list's cursor does not move on, so that paging would never end."""


class PermitsError(APIError):
    """The permits given as `Limits(rate=...)` are unusable or failed; nothing was sent.

    A reservation that raises is tried again for some three seconds before this is
    raised; its last exception is the `__cause__`.
    """


class StreamError(APIError):
    """A stream of events broke and could not be resumed."""

    offset: str | None
    """Where it broke, as the parameter that would resume it; None if none does."""

    def __init__(self, message: str, *, offset: str | None = None) -> None:
        super().__init__(message)
        self.offset = offset


class PollingTimeout(RunloopError, TimeoutError):  # noqa: N818 - the official client's name
    """A wait passed its deadline."""

    last_value: Any
    """What was waited for, as the server last sent it: a devbox, an execution, a run, a
    sequence of runs, or another model. None if the server sent none."""

    def __init__(self, message: str, *, last_value: Any = None) -> None:
        super().__init__(message)
        self.last_value = last_value


class WaitError(RunloopError):
    """What was waited for ended in another state than the one wanted."""

    last_value: Any
    """What was waited for, in the state in which it ended."""

    def __init__(self, message: str, *, last_value: Any) -> None:
        super().__init__(message)
        self.last_value = last_value
