"""What the errors of aiohttp and of the system mean.

An error leaves with its causes but without their tracebacks, and a cancellation with
the frames of this package alone: those of aiohttp, and of this room, hold the headers.
"""

import ssl
import sys
from types import TracebackType

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from runloop_async.errors import (
    APIConnectionError,
    APITimeoutError,
    APITLSError,
    ProxyError,
    TruncatedBodyError,
)
from runloop_async.sending.outgoing import Attempt
from runloop_async.sending.transport.session import BrokenConnectionError
from runloop_async.wire.inflate import EncodingError

FAILURES = (aiohttp.ClientError, HttpProcessingError, OSError, EncodingError)
"""What comes of a connection that does not do as it should."""
_SHOWN = __name__.partition(".")[0] + "."
_HIDDEN = __name__.rpartition(".")[0] + "."
"""Where headers and bytes are at hand, as in aiohttp."""


def timed_out(attempt: Attempt) -> APITimeoutError:
    """Return the error for an attempt whose time is over."""
    messages = {
        "connect": "no connection within the timeout",
        "write": "the request could not be sent within the timeout",
        "total": "the response did not end within the timeout",
    }
    return APITimeoutError(
        messages.get(attempt.phase, "no response within the timeout"),
        phase=attempt.phase,
        sent=attempt.arrived,
    )


def translated(error: Exception, attempt: Attempt) -> APIConnectionError:
    """Return the error of ours that one of `FAILURES` stands for."""
    if isinstance(error, BrokenConnectionError):
        error = error.reason
    ours = _error_for(error, attempt)
    cause: Exception = error
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error  # the other prints the password of a proxy
    # What aiohttp tells of a whole exchange prints the request's headers.
    if not isinstance(error, aiohttp.ClientResponseError):
        ours.__cause__ = _without_tracebacks(cause)
    return ours


def without_foreign_frames(error: BaseException) -> BaseException:
    """Take the frames of other packages from the traceback of an error, and its causes.

    Args:
        error: Whatever else came through the path, most often a cancellation.
    """
    handled = sys.exception()  # by the caller, whose errors are not ours to touch
    link: BaseException | None = error
    while link is not None and link is not handled:
        link.__traceback__ = _own_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
    return error


def _own_frames(traceback: TracebackType | None) -> TracebackType | None:
    if traceback is None:
        return None
    rest = _own_frames(traceback.tb_next)
    module = str(traceback.tb_frame.f_globals.get("__name__", ""))
    if not module.startswith(_SHOWN) or module.startswith(_HIDDEN):
        return rest
    return TracebackType(
        rest, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno
    )


def _error_for(error: Exception, attempt: Attempt) -> APIConnectionError:  # noqa: PLR0911
    match error:
        case aiohttp.ConnectionTimeoutError():
            return APITimeoutError(
                "no connection within the timeout", phase="connect", sent=False
            )
        case aiohttp.ClientHttpProxyError():
            return ProxyError(
                f"the proxy refused to connect: HTTP {error.status}",
                phase="proxy",
                sent=False,
            )
        case aiohttp.ClientProxyConnectionError():
            return APIConnectionError(
                "cannot connect to the proxy", phase="proxy", sent=False
            )
        case aiohttp.ClientConnectorCertificateError():
            return _tls(error.certificate_error)
        case aiohttp.ClientConnectorError():
            return _unconnected(error)
        case aiohttp.ClientPayloadError() | EncodingError():
            why = f": {error}" if isinstance(error, EncodingError) else ""
            return TruncatedBodyError(
                f"the response broke off before its end{why}", phase="total", sent=True
            )
        case TimeoutError():
            return timed_out(attempt)
        case _:
            return APIConnectionError(
                f"the connection broke before a response came: {_kind(error)}",
                phase=attempt.phase,
                sent=attempt.arrived,
            )


def _tls(error: Exception) -> APITLSError:
    return APITLSError(
        f"the server's certificate is not to be trusted: {error}",
        phase="connect",
        sent=False,
    )


def _unconnected(error: aiohttp.ClientConnectorError) -> APIConnectionError:
    reason: OSError = error.os_error
    # A handshake that was cut off says nothing of the peer; any other failure does.
    if isinstance(reason, ssl.SSLError) and not isinstance(reason, ssl.SSLEOFError):
        return _tls(reason)
    return APIConnectionError(
        f"cannot connect to {error.host}:{error.port}: {reason}",
        phase="connect",
        sent=False,
    )


def _kind(error: Exception) -> str:
    text = str(error) if isinstance(error, OSError) else ""
    return text or type(error).__name__


def _without_tracebacks(error: BaseException) -> BaseException:
    """Take the tracebacks from an error and its causes: their frames know the key."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error
