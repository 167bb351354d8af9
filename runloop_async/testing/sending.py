"""How answers leave, whole or spoiled, and how connections are broken."""

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Final

import attrs
from aiohttp import web

from runloop_async.testing.blobs import Blob
from runloop_async.testing.faults import CutBody, Drip
from runloop_async.testing.messages import Answer

_NO_LINGER: Final = struct.pack("ii", 1, 0)


async def send(
    request: web.BaseRequest, answer: Answer, pace: CutBody | Drip | None
) -> web.StreamResponse:
    """Return the response to `answer`; what is sent at a pace has been sent by then."""
    if pace is not None and answer.blob is not None:
        answer = attrs.evolve(answer, body=answer.blob.read(), blob=None)
    if isinstance(pace, Drip):
        return await _drip(request, answer, pace)
    if isinstance(pace, CutBody):
        return _cut(request, answer, pace)
    if answer.blob is not None:
        return await _piecewise(request, answer, answer.blob)
    return whole(answer)


async def _piecewise(
    request: web.BaseRequest, answer: Answer, content: Blob
) -> web.StreamResponse:
    headers = {"content-type": answer.content_type, **answer.headers}
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = content.size
    await response.prepare(request)
    with suppress(ConnectionError):  # the client has left
        for piece in content.pieces():
            await response.write(piece)
    return response


def whole(answer: Answer) -> web.Response:
    """Return the response that sends all of `answer`."""
    headers = {"content-type": answer.content_type, **answer.headers}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def hang_up(request: web.BaseRequest) -> web.Response:
    """Reset the connection; the response returned goes nowhere."""
    if request.transport is not None:  # None if the client has gone by itself
        break_off(request.transport)
    return web.Response()


def break_off(transport: asyncio.Transport) -> None:
    """Close a connection with a TCP reset, whatever it still had to send."""
    if not transport.is_closing():  # else its socket may be closed already
        sock: socket.socket = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


async def _drip(
    request: web.BaseRequest, answer: Answer, pace: Drip
) -> web.StreamResponse:
    headers = {"content-type": answer.content_type, **answer.headers}
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = len(answer.body)
    await response.prepare(request)
    for piece in pace.split(answer.body):
        await asyncio.sleep(pace.seconds)
        try:
            await response.write(piece)
        except ConnectionError:  # the client lost patience
            break
    return response


def _cut(request: web.BaseRequest, answer: Answer, pace: CutBody) -> web.Response:
    transport = request.transport
    if transport is not None:
        # by hand, since aiohttp's own response would rather be correct
        transport.write(_head(answer, pace) + _part(answer, pace))
        transport.close()
    return web.Response()


def _head(answer: Answer, pace: CutBody) -> bytes:
    end = {
        "length": f"content-length: {len(answer.body)}",
        "chunked": "transfer-encoding: chunked",
        "close": "connection: close",
    }[pace.framing]
    lines = [
        f"HTTP/1.1 {answer.status} ",  # the reason is optional, its space is not
        f"content-type: {answer.content_type}",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
        end,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _part(answer: Answer, pace: CutBody) -> bytes:
    kept = pace.kept(answer.body)
    if pace.framing == "chunked":
        return b"%x\r\n%s\r\n" % (len(kept), kept) if kept else b""
    return kept
