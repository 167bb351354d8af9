"""Whether the peer said that it was done, on which a body without a length depends.

Such a body ends where the connection ends. A connection that is cut ends too: only the
peer's end of the stream shows that the body is whole, which over TLS is a close_notify.
"""

import ssl
from functools import partial
from typing import Any
from weakref import ref

from aiohttp.client_proto import ResponseHandler

from runloop_async.annotations import override


class Handler(ResponseHandler):
    """aiohttp's protocol, which remembers that the peer has ended its stream."""

    has_ended = False
    is_over = False
    """Whether the peer has ended the connection, in whatever way."""

    @override
    def eof_received(self) -> None:
        """Note the end of the peer's stream."""
        self.is_over = True
        self.has_ended = _is_orderly(self.transport)
        super().eof_received()


def watched(protocol: Any) -> Any:
    """Return a protocol that remembers it too, where a caller's pool has made it."""
    if not hasattr(protocol, "has_ended"):
        protocol.has_ended = protocol.is_over = False
        protocol.eof_received = partial(_ended, ref(protocol))
    return protocol


def _ended(protocol: "ref[Any]") -> None:
    handler: Any = protocol()  # which is there, since something calls its method
    handler.is_over = True
    handler.has_ended = _is_orderly(handler.transport)
    handler.__class__.eof_received(handler)


def _is_orderly(transport: Any) -> bool:
    """Tell whether the peer has ended the stream, and not only the connection below."""
    secured = None if transport is None else transport.get_extra_info("ssl_object")
    if secured is None:
        return True
    try:
        return not secured.read(1)  # all that came was read; nothing means close_notify
    except ssl.SSLError:
        return False
