"""A server on a loopback socket: sends exact bytes, and counts what comes to it."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from ssl import SSLContext
from types import TracebackType
from typing import Self
from weakref import WeakSet

import attrs

from tests.turns import settle

_PATIENCE_S = 5.0
"""Seconds after which a test that waits for the server has failed."""


@attrs.frozen
class Incoming:
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    """With names in lower case."""
    body: bytes


@attrs.frozen
class Connection:
    """A client's connection, for answers that are more than some bytes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def until_left(self) -> None:
        """Wait until the client has closed the connection."""
        await self.reader.read()

    def reset(self) -> None:
        """Cut the connection off as a crash does."""
        peer: socket.socket = self.writer.get_extra_info("socket")
        linger = struct.pack("ii", 1, 0)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


Answer = bytes | Callable[[Incoming, Connection], Awaitable[None]]


class RawServer:
    """Gives each request the next answer; the last one is given again and again."""

    def __init__(
        self,
        *answers: Answer,
        tls: SSLContext | None = None,
        greeting: bytes | None = None,
    ) -> None:
        """Make a server, not yet listening.

        Args:
            answers: Bytes to send, or what is to be done instead.
            tls: With which certificate to speak TLS.
            greeting: What to say to the first byte that comes, and then leave.
        """
        self._answers = answers
        self._tls = tls
        self._greeting = greeting
        self._news = asyncio.Condition()
        self._tasks = set[asyncio.Task[None]]()
        self._transports = WeakSet[asyncio.WriteTransport]()
        self.requests: list[Incoming] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", 0, ssl=self._tls
        )
        self.port: int = self._server.sockets[0].getsockname()[1]
        scheme = "https" if self._tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # asyncio forgets to close what it accepts in the turn in which it stops.
        asyncio.get_running_loop().remove_reader(self._server.sockets[0].fileno())
        await settle()  # connections that were just accepted begin their tasks
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for transport in self._transports:  # one may have more to send, for ever
            transport.abort()
        await settle()
        await self._server.wait_closed()

    async def has_got(self, count: int) -> None:
        """Wait until so many requests have come."""
        await self._until(lambda: len(self.requests) >= count)

    async def is_left(self) -> None:
        """Wait until no connection is open."""
        await self._until(lambda: not self.open)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE_S), self._news:
            await self._news.wait_for(is_so)

    def _accept(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        self._transports.add(writer.transport)
        task = asyncio.create_task(self._serve(Connection(reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: Connection) -> None:
        try:
            if self._greeting is not None:
                await connection.reader.readexactly(1)
                await connection.send(self._greeting)
                return
            while not connection.writer.is_closing():
                await self._answer(await _read(connection.reader), connection)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone
        finally:
            connection.writer.close()
            self.open -= 1
            await self._tell()

    async def _answer(self, request: Incoming, connection: Connection) -> None:
        answer = self._answers[min(len(self.requests), len(self._answers) - 1)]
        self.requests.append(request)
        await self._tell()
        if isinstance(answer, bytes):
            await connection.send(answer)
        else:
            await answer(request, connection)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


async def _read(reader: asyncio.StreamReader) -> Incoming:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.split(": ", 1) for line in lines)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Incoming(method, target, headers, body)


def http(
    body: bytes = b"", *headers: str, status: int = 200, length: int | None = None
) -> bytes:
    """Return an answer; `length` tells another length than the body has."""
    told = len(body) if length is None else length
    head = [f"HTTP/1.1 {status} Word", f"Content-Length: {told}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def http_json(value: object, *headers: str, status: int = 200) -> bytes:
    """Return an answer with a JSON body."""
    return http(json.dumps(value).encode(), *headers, status=status)


def chunked(*pieces: bytes) -> bytes:
    """Return an answer in chunks, which ends only if the last piece is empty."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def then_close(data: bytes) -> Answer:
    """Send some bytes, then close the connection."""

    async def answer(_: Incoming, connection: Connection) -> None:
        await connection.send(data)
        connection.writer.close()

    return answer


def then_reset(data: bytes) -> Answer:
    """Send some bytes, then cut the connection off."""

    async def answer(_: Incoming, connection: Connection) -> None:
        await connection.send(data)
        connection.reset()

    return answer


def then_hang(data: bytes = b"") -> Answer:
    """Send some bytes, and then nothing until the client leaves."""

    async def answer(_: Incoming, connection: Connection) -> None:
        await connection.send(data)
        await connection.until_left()

    return answer


def free_port() -> int:
    """Return a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
