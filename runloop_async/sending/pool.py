"""The pool of connections, in the one event loop that it belongs to: makes attempts.

Nothing is retried here. How an attempt travels is for `transport` to know.
"""

import asyncio
import math
import sys
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
)
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress

from runloop_async.calls.deadline import Deadline
from runloop_async.credentials import Secret
from runloop_async.errors import (
    APIError,
    APIStatusError,
    APITimeoutError,
    ClientClosedError,
    EventLoopError,
)
from runloop_async.pacing.gate import Gate
from runloop_async.sending.alarms import Alarms
from runloop_async.sending.attempt import Attempt, Telemetry
from runloop_async.sending.border import Border, Step, closed_meanwhile
from runloop_async.sending.clock import SystemClock
from runloop_async.sending.network import Network
from runloop_async.sending.outgoing import Outgoing
from runloop_async.sending.transport.connector import Connector
from runloop_async.sending.transport.direct import Direct
from runloop_async.sending.transport.given import adds_nothing
from runloop_async.sending.transport.incoming import Incoming
from runloop_async.sending.transport.names import Watch, is_usable
from runloop_async.sending.transport.session import Sessions
from runloop_async.sending.transport.sockets import OpenSocket
from runloop_async.wire.request import Content
from runloop_async.wire.response import Response
from runloop_async.wire.retry import is_throttle

_LOOK_S = 0.1
"""How often to look whether another event loop still runs."""
_REFUSED = 300
"""From here on a status is no success, and its body is read as far as is cheap."""


class Pool:
    """A pool of connections, opened in the event loop that first needs it."""

    def __init__(
        self,
        network: Network | None = None,
        gates: Iterable[Gate] = (),
        telemetry: Telemetry | None = None,
    ) -> None:
        """Make a pool, not yet open.

        Args:
            network: How to reach servers.
            gates: Where calls wait, which end their waits when the pool is closed.
            telemetry: Its numbers, log lines and events, and the clock for timeouts.
        """
        self._network = network or Network()
        self._gates = gates
        self._telemetry = telemetry or Telemetry(SystemClock())
        self._alarms = Alarms(self._telemetry.clock)
        self._border = Border(self._alarms)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._holders = 0
        self._given = self._network.session
        self._connector: Connector | None = None
        self._direct: Direct | None = None
        self._watch = Watch()
        self.is_closed = False

    @property
    def connections(self) -> int | None:
        """How many connections are open; None of a session that was given."""
        if self._network.session is not None:
            return None
        return 0 if self._connector is None else self._connector.size

    def hold(self) -> None:
        """Keep the pool for a block that will `let_go` of it at its end.

        It opens when something is sent first, in the event loop of that.
        """
        if self.is_closed:
            raise _closed()
        self._holders += 1

    async def let_go(self) -> None:
        """End a block; the last to end closes the pool."""
        self._holders -= 1
        if not self._holders:
            await self.close()

    def open(self) -> None:
        """Open the pool, if it is not yet open.

        Raises:
            ClientClosedError: The pool is closed.
            EventLoopError: The pool was opened in another event loop.
        """
        if self.is_closed:
            raise _closed()
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._open_in(loop)
        session = self._network.session
        if session is not None and session.closed:
            raise _session_closed()

    def _open_in(self, loop: asyncio.AbstractEventLoop) -> None:
        network = self._network
        home = self._loop or getattr(network.session, "_loop", None)
        if home is not None and home is not loop:
            raise EventLoopError(
                "the client was opened in another event loop: make one in each loop"
                if self._loop
                else "the session given to the client was made in another event loop"
            )
        self._loop = loop
        if network.session is None:
            self._connector = Connector(network.ssl, network.made_at)
        self._sessions = Sessions(
            network.session,
            self._connector,
            proxy=network.proxy,
            trust_env=network.trust_env,
        )
        has_proxy = network.proxy is not None or network.trust_env
        pool = self._connector or getattr(network.session, "connector", None)
        if pool is not None and not has_proxy and is_usable():
            self._direct = Direct(pool, self._telemetry.clock, network.session)

    @property
    def home(self) -> asyncio.AbstractEventLoop | None:
        """The event loop that it was opened in."""
        return self._loop

    async def close(self) -> None:
        """Close the connections, wherever it is called; calls under way end at once.

        A session that was given stays open.
        """
        if self.is_closed:
            return
        self.is_closed = self._border.is_closed = True
        home = self._loop
        if home is None:
            return
        if home is asyncio.get_running_loop():
            await self._close()
        elif home.is_running():  # in another thread
            closing = asyncio.run_coroutine_threadsafe(self._close(), home)
            if not await _ended_in(home, closing):
                self._cut()
        else:
            self._cut()

    def _cut(self) -> None:
        """Close without the event loop of the pool, which has ended or does not run."""
        with suppress(RuntimeError):  # where it has ended
            self._end_calls()
        self._give_back()
        if self._connector is not None:
            self._connector.cut()

    async def _close(self) -> None:
        self._end_calls()
        await self._sessions.close()
        self._give_back()
        if self._connector is not None:
            # A peer that does not answer the end of TLS is not waited for.
            await self._connector.close(abort_ssl=True)

    def _end_calls(self) -> None:
        """End what is under way, and what waits; the loop may go on some time."""
        self._border.close()
        for gate in self._gates:
            gate.close()

    def _give_back(self) -> None:
        """Give connections that are at hand back to the pool, which will close them."""
        if self._direct is not None:
            self._direct.give_back()

    async def send(self, attempt: Attempt) -> Response:
        """Make an attempt and return its whole response, whatever its status.

        Raises:
            APIConnectionError: No whole response came.
            ResponseTooLargeError: The response is larger than the attempt accepts.
            ClientClosedError: The pool is closed, or was meanwhile.
        """
        out = attempt.out
        with self.step(attempt, out.timeouts.total) as step:
            incoming = await self._path(out).open(attempt)
            attempt.heard()
            status, headers = incoming.status, incoming.headers
            try:
                body: bytes | bytearray | None = None
                if status < _REFUSED:
                    body = incoming.at_hand(out.max_bytes)
                if body is None:
                    body = await _body(incoming, step, out.max_bytes)
            except BaseException:
                incoming.close()
                raise
            self._telemetry.received(attempt, status, headers, len(body))
            return Response(status, headers, body)
        raise step.failure()

    async def stream(self, attempt: Attempt) -> "Answer":
        """Make an attempt, and leave the body of its response to be read.

        Raises:
            APIConnectionError: No response came.
            ClientClosedError: The pool is closed, or was meanwhile.
        """
        with self.step(attempt, attempt.out.timeouts.total) as step:
            incoming = await self._path(attempt.out).open(attempt)
            attempt.heard()
            try:
                self._telemetry.received(attempt, incoming.status, incoming.headers)
            except BaseException:
                incoming.close()
                raise
            return Answer(self, attempt, incoming)
        raise step.failure()

    async def piece(self, attempt: Attempt, incoming: Incoming) -> bytes:
        """Return the next piece of a body; an empty one is its end.

        Raises:
            APIConnectionError: It broke off.
            ClientClosedError: The pool is closed, or was meanwhile.
        """
        with self.step(attempt, attempt.out.timeouts.idle) as step:
            piece = await incoming.piece()
            self._telemetry.count_bytes(attempt, len(piece))
            return piece
        raise step.failure()

    @asynccontextmanager
    async def socket(self, attempt: Attempt, token: Secret) -> AsyncGenerator["Socket"]:
        """Open a WebSocket, to which nothing goes that is the client's own.

        Raises:
            APIStatusError: The server refuses it.
            APIConnectionError: The server cannot be reached, or does not answer.
            ClientClosedError: The pool is closed, or was meanwhile.
        """
        socket = Socket(self, attempt, await self._connected(attempt, token))
        try:
            yield socket
        finally:
            await socket.close()

    async def _connected(self, attempt: Attempt, token: Secret) -> OpenSocket:
        with self.step(attempt, attempt.out.timeouts.total) as step:
            return await self._sessions.socket(attempt, token)
        raise self._marked(step.failure(), attempt)

    def _marked(self, failure: BaseException, attempt: Attempt) -> BaseException:
        """Add the request and its duration to the error of a WebSocket."""
        if isinstance(failure, APIError):
            failure.method, _, failure.route = attempt.route.partition(" ")
            failure.attempts = attempt.number
            failure.elapsed_s = self._telemetry.clock.now() - attempt.began_s
        if isinstance(failure, APIStatusError) and is_throttle(failure):
            self._telemetry.throttled(attempt, failure)
        return failure

    async def pause(self, sleep: Callable[[], Awaitable[None]]) -> None:
        """Sleep, but not past the closing of the pool.

        Raises:
            ClientClosedError: The pool is closed, or was meanwhile.
        """
        self.open()
        alarm = self._alarms.start(None)
        try:
            await sleep()
        except BaseException as error:
            if not (alarm.stop() and isinstance(error, asyncio.CancelledError)):
                raise
        else:
            alarm.stop()
            return
        raise closed_meanwhile()

    def step(self, attempt: Attempt, delay_s: float | None) -> Step:
        """Return a step of an attempt, with its timeout, while the pool is open."""
        if self.is_closed or self._loop is None:
            self.open()
        return Step(self._border, attempt, self._alarms.start(delay_s), sys.exception())

    def _path(self, out: Outgoing) -> "Direct | Sessions":
        direct, body, given = self._direct, out.body, self._given
        if given is not None and given.closed:  # since the call began
            raise _session_closed()
        is_plain = out.target and (body is None or not isinstance(body, Content))
        if direct is None or not is_plain or not self._watch.is_clean():
            return self._sessions
        if given is not None and not adds_nothing(given):
            return self._sessions
        return direct


class Answer:
    """A response whose body has not been read."""

    def __init__(self, pool: Pool, attempt: Attempt, incoming: Incoming) -> None:
        self.attempt = attempt
        """What brought it."""
        self._pool = pool
        self._incoming = incoming
        self.deadline: Deadline | None = None
        """When the call must have ended."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._incoming.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, looked up without regard to case."""
        return self._incoming.headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it comes.

        Raises:
            APIConnectionError: It broke off, or took longer than it may.
        """
        while piece := await self.piece():
            yield piece

    async def piece(self) -> bytes:
        """Return the next piece of the body, an empty one at its end.

        Raises:
            APIConnectionError: It broke off, or took longer than it may.
        """
        if self.deadline is None or self.deadline.ends_at == math.inf:
            return await self._pool.piece(self.attempt, self._incoming)
        scope = self.deadline.scope()
        try:
            async with scope:
                return await self._pool.piece(self.attempt, self._incoming)
        except TimeoutError:
            if not scope.expired():
                raise
        raise past_deadline(sent=True)

    async def refusal(self) -> Response:
        """Return the response of an error status, as far as it can be read soon."""
        body = await self._incoming.refusal(self.attempt.out.timeouts.idle)
        return Response(self.status, self.headers, body)

    def close(self) -> None:
        """Close the connection, unless the body was read to its end."""
        self._incoming.close()


class Socket:
    """A WebSocket that is open."""

    def __init__(self, pool: Pool, attempt: Attempt, opened: OpenSocket) -> None:
        self._pool = pool
        self._attempt = attempt
        self._opened = opened

    @property
    def close_code(self) -> int | None:
        """With what it was closed; None while it is open, and after a break."""
        return self._opened.close_code

    async def receive(self) -> bytes | None:
        """Return what comes next; None once it is closed.

        Raises:
            APIConnectionError: The connection broke.
            ClientClosedError: The client was closed.
        """
        with self._pool.step(self._attempt, None) as step:
            return await self._opened.receive()
        raise step.failure()

    async def send(self, data: bytes) -> None:
        """Send some bytes.

        Raises:
            APIConnectionError: It is closed, the connection broke, or the peer has not
                read for the `total` timeout.
            ClientClosedError: The client was closed.
        """
        with self._pool.step(self._attempt, self._attempt.out.timeouts.total) as step:
            await self._opened.send(data)
            return
        raise step.failure()

    async def close(self) -> None:
        """Close it; a peer that does not answer is waited for a moment."""
        await self._opened.close()


async def _body(incoming: Incoming, step: Step, max_bytes: int) -> bytes | bytearray:
    if incoming.status >= _REFUSED:
        return await incoming.refusal(step.left_s())
    return await incoming.whole(max_bytes)


def _closed() -> ClientClosedError:
    return ClientClosedError("the client is closed: make a new one")


async def _ended_in(home: asyncio.AbstractEventLoop, work: "Future[None]") -> bool:
    """Wait for work in another event loop; tell whether it ended before the loop."""
    waiting = asyncio.wrap_future(work)
    while not waiting.done():
        await asyncio.wait([waiting], timeout=_LOOK_S)
        if not home.is_running() and not waiting.done():
            return False
    if waiting.cancelled():  # by the loop, at its end
        return False
    await waiting
    return True


def _session_closed() -> ClientClosedError:
    return ClientClosedError("the session given to the client is closed")


def past_deadline(*, sent: bool | None) -> APITimeoutError:
    """Return the error for a call that did not end by its deadline."""
    error = APITimeoutError(
        "the call did not end by its deadline", phase="deadline", sent=sent
    )
    error.out_of_time = True
    return error
