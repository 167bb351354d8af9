"""What the errors of aiohttp and of the system mean."""

import ssl

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from runloop_async.errors import (
    APIConnectionError,
    APITimeoutError,
    APITLSError,
    ProtocolError,
    ProxyError,
    TruncatedBodyError,
)
from runloop_async.sending.attempt import Attempt
from runloop_async.sending.hiding import without_tracebacks
from runloop_async.sending.transport.incoming import CutError
from runloop_async.sending.transport.session import BrokenConnectionError
from runloop_async.values import excerpt
from runloop_async.wire.inflate import EncodingError

FAILURES = (aiohttp.ClientError, HttpProcessingError, OSError, EncodingError, CutError)
"""What comes of a connection that does not do as it should."""
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
"""What OpenSSL says of a peer that answers without TLS."""


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
    is_timeout = isinstance(error, TimeoutError)
    is_late = is_timeout and not isinstance(error, aiohttp.ConnectionTimeoutError)
    ours = timed_out(attempt) if is_late else _error_for(error, attempt)
    cause: Exception = error
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error  # the other prints the password of a proxy
    # What aiohttp tells of a whole exchange prints the request's headers.
    if not isinstance(error, aiohttp.ClientResponseError):
        ours.__cause__ = without_tracebacks(cause)
    return ours


def _error_for(error: Exception, attempt: Attempt) -> APIConnectionError:
    match error:
        case aiohttp.ClientPayloadError() | EncodingError() | CutError():
            why = f": {error}" if isinstance(error, EncodingError) else ""
            return TruncatedBodyError(
                f"the response broke off before its end{why}", phase="total", sent=True
            )
        case aiohttp.ClientHttpProxyError():
            return ProxyError(
                f"the proxy refused to connect: HTTP {error.status}",
                phase="proxy",
                sent=False,
            )
        case HttpProcessingError() | aiohttp.ClientResponseError():
            why = excerpt(error.message or _kind(error.__cause__ or error))
            if attempt.was_sent is False:
                return ProxyError(
                    f"the proxy's response is not valid HTTP: {why}",
                    phase="proxy",
                    sent=False,
                )
            return ProtocolError(
                f"the response is not valid HTTP: {why}", phase="read", sent=True
            )
        case _:
            return _while_connecting(error) or APIConnectionError(
                f"the connection broke before a response came: {_kind(error)}",
                phase=attempt.phase,
                sent=attempt.arrived,
            )


def _while_connecting(error: Exception) -> APIConnectionError | None:
    """Return the error for a failure to connect, None if it is another one."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return APITimeoutError(
                "no connection within the timeout", phase="connect", sent=False
            )
        case aiohttp.ClientProxyConnectionError():
            return APIConnectionError(
                "could not connect to the proxy", phase="proxy", sent=False
            )
        case aiohttp.ClientConnectorCertificateError():
            return _tls(error.certificate_error)
        case aiohttp.ClientConnectorError():
            return _unconnected(error)
        case ValueError() | RuntimeError() if not isinstance(error, OSError):
            return APIConnectionError(
                f"could not connect: {_kind(error)}", phase="connect", sent=False
            )
        case _:
            return None


def _tls(error: Exception) -> APITLSError:
    return APITLSError(
        f"could not verify the server's certificate: {error}",
        phase="connect",
        sent=False,
    )


def _unconnected(error: aiohttp.ClientConnectorError) -> APIConnectionError:
    reason: OSError = error.os_error
    # A handshake that was cut off says nothing of the peer; any other failure does.
    if isinstance(reason, ssl.SSLError) and not isinstance(reason, ssl.SSLEOFError):
        if reason.reason in _NO_TLS:
            return APITLSError(
                f"{error.host}:{error.port} does not speak TLS: is the URL to begin "
                "with http:// ?",
                phase="connect",
                sent=False,
            )
        return APITLSError(
            f"the TLS handshake failed: {reason}", phase="connect", sent=False
        )
    return APIConnectionError(
        f"could not connect to {error.host}:{error.port}: {_kind(reason)}",
        phase="connect",
        sent=False,
    )


def _kind(error: BaseException) -> str:
    if isinstance(error.__cause__, StopIteration):  # of a list of addresses
        return "the name has no address"
    is_told = isinstance(error, OSError | ValueError | RuntimeError)
    return (str(error) if is_told else "") or type(error).__name__
