"""Terminals on devboxes."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Self, TypeVar, Unpack

import attrs
from msgspec.structs import replace

from runloop_async.calls.call import Call
from runloop_async.calls.resource import Resource
from runloop_async.calls.runner import Runner, Socket
from runloop_async.credentials import Secret
from runloop_async.errors import APIConnectionError, APIResponseValidationError
from runloop_async.models.pty import (
    PtyConnectParams,
    PtyConnectView,
    PtyControlParams,
    PtyControlResultView,
)
from runloop_async.wire.request import query_string

T = TypeVar("T")

_PORT: Final = 13
"""The port of a devbox that terminals are at."""
_ENDS: Final = frozenset({1000, 4000})
"""How a terminal says that it has ended."""
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,256}").fullmatch


@attrs.frozen(eq=False)
class Terminal:
    """A terminal on a devbox: `async for` gives what it shows."""

    session_name: str
    """Its name: attach to it again to go on."""
    _socket: Socket = attrs.field(repr=False)
    _control: Callable[..., Call[PtyControlResultView]] = attrs.field(repr=False)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """Return what it shows next, until it ends.

        Raises:
            APIConnectionError: The connection broke; the session may still be there.
        """
        data = await self._socket.receive()
        if data is not None:
            return data
        if self._socket.close_code not in _ENDS:
            raise APIConnectionError(
                f"the connection to the terminal {self.session_name!r} ended with "
                f"{self._socket.close_code}: attach to it again",
                phase="total",
                sent=True,
            )
        raise StopAsyncIteration

    async def send(self, data: bytes | str) -> None:
        """Type something.

        Raises:
            APIConnectionError: The connection is closed, or broke.
        """
        await self._socket.send(data.encode() if isinstance(data, str) else data)

    async def resize(self, cols: int, rows: int) -> None:
        """Change its size: columns and rows, each 1 to 1,000."""
        await self._control(self.session_name, action="resize", cols=cols, rows=rows)

    async def signal(self, name: str) -> None:
        """Send a signal, such as `SIGINT`, to what runs in it."""
        await self._control(self.session_name, action="signal", signal=name)

    async def end(self) -> None:
        """Close the session, and what runs in it."""
        await self._control(self.session_name, action="close")


class Pty(Resource):
    """Terminals on devboxes, as their tunnels offer them."""

    def attach(
        self,
        devbox_id: str,
        session_name: str = "main",
        *,
        cols: int = 80,
        rows: int = 24,
    ) -> AbstractAsyncContextManager[Terminal]:
        """Open a terminal on a devbox, or go on with the one of this name.

            async with client.pty.attach(devbox_id) as terminal:
                await terminal.send("ls" + os.linesep)
                async for data in terminal: ...

        The session stays when the block ends, for the time that the service keeps it:
        `terminal.end()` closes it. One client at a time can be attached.

        Args:
            devbox_id: The devbox.
            session_name: 1 to 256 letters, digits, `-` and `_`.
            cols: Columns, 1 to 1,000.
            rows: Rows, 1 to 1,000.

        Raises:
            ValueError: The name, or the size, is not such.
            ConflictError: Another client is attached.
            APIError: The terminal could not be opened.
        """
        call = self.connect(session_name, cols=cols, rows=rows)
        return _attached(self._runner, call, self.control, devbox_id, session_name)

    def connect(
        self, session_name: str, **query: Unpack[PtyConnectParams]
    ) -> Call[PtyConnectView]:
        """Open a terminal, or find the one of this name.

        Raises:
            ValueError: The name is not 1 to 256 letters, digits, `-` and `_`.
        """
        _check_name(session_name)
        return self._get(
            "/pty/{session_name}",
            PtyConnectView,
            query,
            PtyConnectParams,
            session_name=session_name,
        )

    def control(
        self, session_name: str, **fields: Unpack[PtyControlParams]
    ) -> Call[PtyControlResultView]:
        """Resize a terminal, send it a signal, or close it.

        Raises:
            ValueError: The name is not 1 to 256 letters, digits, `-` and `_`.
        """
        _check_name(session_name)
        return self._post(
            "/pty/{session_name}/control",
            PtyControlResultView,
            fields,
            PtyControlParams,
            session_name=session_name,
        )


def _check_name(session_name: str) -> None:
    if not _NAME(session_name):
        raise ValueError(
            f"session_name cannot be {session_name!r}: give 1 to 256 ASCII letters, "
            "digits, hyphens and underscores"
        )


@asynccontextmanager
async def _attached(
    runner: Runner,
    connect: Call[PtyConnectView],
    control: Callable[..., Call[PtyControlResultView]],
    devbox_id: str,
    session_name: str,
) -> AsyncGenerator[Terminal]:
    # Late, for nothing else here is about devboxes.
    from runloop_async.resources.devboxes import Devboxes  # noqa: PLC0415
    from runloop_async.resources.devboxes.tunnels import (  # noqa: PLC0415
        tunnel_address,
    )

    tunnel = await Devboxes(runner).create_pty_tunnel(devbox_id)
    base = tunnel_address(runner.base_url, tunnel.tunnel_key, _PORT)

    def through(call: Call[T]) -> Call[T]:
        """Return a call through the tunnel, with its key in place of the API's."""
        return _elsewhere(call, base, tunnel.auth_token)

    def controlled(*args: Any, **fields: Any) -> Call[PtyControlResultView]:
        return through(control(*args, **fields))

    found = await through(connect)
    if found.connect_url is None:
        raise APIResponseValidationError(
            f"the terminal {session_name!r} has no connect_url",
            expected="str",
            found="null",
        )
    url = "ws" + base.removeprefix("http") + found.connect_url
    async with runner.socket(url, Secret(tunnel.auth_token)) as socket:
        yield Terminal(session_name, socket, controlled)


def _elsewhere(call: Call[T], base: str, token: str) -> Call[T]:
    request = call.request
    query = f"?{query_string(request.query)}" if request.query else ""
    headers = [("Accept", "application/json"), ("Authorization", f"Bearer {token}")]
    if request.json is not None:
        headers.append(("Content-Type", "application/json"))
    moved = replace(request, url=f"{base}{request.path}{query}", headers=tuple(headers))
    return attrs.evolve(call, request=moved)
