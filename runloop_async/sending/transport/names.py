"""What the direct path uses of aiohttp, and whether it may be used.

The direct path does without `ClientSession`, which costs more than everything else that
a call does. Not all of the names here are documented for others to use, so the path is
taken only with releases of aiohttp that it was tested with. With any other one requests
go through a session, which is slower and otherwise the same, and the log says so.

The session path is also used once anything patches `ClientSession`: code that mocks,
records or traces requests wants to see all of them.
"""

import logging
import sys
from collections.abc import Iterator
from types import FunctionType
from typing import Any, Final

import aiohttp
from aiohttp import BaseConnector, ClientRequest, StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection

_log = logging.getLogger("runloop_async")

TESTED: Final = ("3.14.",)
"""The releases of aiohttp that the test suite is run with, lowest and newest."""
_USED: Final = (
    # Documented. Takes a connection from the pool, or makes one.
    (BaseConnector, "connect"),
    # What a connector asks of a request to find its connection in the pool.
    (ClientRequest, "connection_key"),
    # The HTTP/1.1 protocol behind a connection.
    (Connection, "protocol"),
    # Back into the pool, unless the response said otherwise.
    (Connection, "release"),
    # Away with it.
    (Connection, "close"),
    # Makes a parser for the next response; the session calls it for each request.
    (ResponseHandler, "set_response_params"),
    # What asyncio calls, and a connection that was taken over passes on.
    (ResponseHandler, "data_received"),
    (ResponseHandler, "eof_received"),
    (ResponseHandler, "connection_lost"),
    (ResponseHandler, "pause_writing"),
    (ResponseHandler, "resume_writing"),
    # Waits for status and headers.
    (ResponseHandler, "read"),
    # Whether bytes came that nobody has asked for.
    (ResponseHandler, "should_close"),
    # Documented. The body.
    (StreamReader, "readany"),
    (StreamReader, "read_nowait"),
    (StreamReader, "is_eof"),
)


def is_usable() -> bool:
    """Tell whether the direct path may be taken with the installed aiohttp."""
    version, gone = aiohttp.__version__, [*missing()]
    if version.startswith(TESTED) and not gone:
        return True
    why = f"it has no {', '.join(gone)}" if gone else "it was not tested with this"
    _log.info(
        "aiohttp %s: requests go through a session, which is slower: %s", version, why
    )
    return False


def missing() -> Iterator[str]:
    """Yield the names that the installed aiohttp does not have."""
    for owner, name in _USED:
        if not hasattr(owner, name):
            yield f"{owner.__name__}.{name}"


class Watch:
    """Tells whether something has replaced a part of aiohttp's session."""

    def __init__(self) -> None:
        self._session: Any = None
        self._request: object = None
        self._shorthand: object = None
        self._init: object = None
        self._send: object = None

    def is_clean(self) -> bool:
        """Tell whether a session would be aiohttp's own, now."""
        session = aiohttp.ClientSession
        return (
            session is self._session
            and session._request is self._request  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            and session.request is self._shorthand
            and session.__init__ is self._init
            and ClientRequest.send is self._send
        ) or self._looked()

    def _looked(self) -> bool:
        """Look closely, and remember what is aiohttp's own."""
        session = aiohttp.ClientSession
        if not (_is_original(session) and _is_original(ClientRequest)):
            return False
        self._session = session
        self._request = session._request  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        self._shorthand = session.request
        self._init = session.__init__
        self._send = ClientRequest.send
        return True


def _is_original(kind: object) -> bool:
    """Tell whether a class is aiohttp's, with the methods that aiohttp has given it.

    Wrappers copy names and docstrings, but their code lives in another module. Those of
    wrapt pass on all attributes, the class included: only `type` tells what they are.
    """
    if not issubclass(type(kind), type) or not kind.__module__.startswith("aiohttp."):
        return False
    home = vars(sys.modules[kind.__module__])
    return all(
        type(value) is FunctionType and value.__globals__ is home
        for value in vars(kind).values()
        if callable(value) and not issubclass(type(value), type)
    )
