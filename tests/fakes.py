"""Stand-ins for time, chance and the network."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import attrs

from runloop_async.calls.crew import Room
from runloop_async.calls.runner import Gate, Sendable, Socket, Stream
from runloop_async.credentials import Secret
from runloop_async.errors import APIResponseValidationError
from runloop_async.pacing import Concurrency
from runloop_async.wire.response import Response, error_for, is_success

T = TypeVar("T")


@attrs.define
class FakeClock:
    """Time that passes only by sleeping, and chance that can be foreseen."""

    time_s: float = 0.0
    dice: float = 0.5
    sleeps: list[float] = attrs.field(factory=list[float])

    def now(self) -> float:
        return self.time_s

    async def sleep(self, delay_s: float) -> None:
        self.sleeps.append(delay_s)
        self.time_s += delay_s

    def call_later(
        self, delay_s: float, callback: Callable[[], None]
    ) -> asyncio.Handle:
        at_s = self.time_s + delay_s

        def pass_until_then() -> None:
            self.time_s = max(self.time_s, at_s)
            callback()

        return asyncio.get_running_loop().call_soon(pass_until_then)

    def random(self) -> float:
        return self.dice


@attrs.define
class Recorder:
    """A runner that sends nothing: notes each call, gives the answers it was told.

    An answer is a status and a JSON value, or an error to raise. The last one is given
    again and again.
    """

    clock: FakeClock = attrs.field(factory=FakeClock)
    prefetch: bool = False
    is_strict: bool = False
    unreadable: list[str] = attrs.field(factory=list[str])
    """Where items were that could not be read."""
    base_url: str = "https://api.runloop.ai"
    max_response_bytes: int = 64 * 2**20
    deadline: float | None = None
    gate: Gate = attrs.field(factory=partial(Concurrency, 100))
    answers: list[tuple[int, object] | Exception] = attrs.field(
        factory=list[tuple[int, object] | Exception]
    )
    calls: list[Sendable[Any]] = attrs.field(factory=list[Sendable[Any]])
    piece: int = 2
    """Bytes of a piece of a body that is streamed."""

    def socket(self, url: str, token: Secret) -> AbstractAsyncContextManager[Socket]:
        raise NotImplementedError

    def note_unreadable(
        self, route: str, errors: Sequence[APIResponseValidationError]
    ) -> None:
        self.unreadable += [f"{route}: {error.path}" for error in errors]

    async def pause(self, delay_s: float) -> None:
        await self.clock.sleep(delay_s)

    async def run(self, call: Sendable[T]) -> T:
        return call.read(self._answer(call))

    @asynccontextmanager
    async def stream(self, call: Sendable[Any]) -> AsyncGenerator[Stream]:
        yield Chunks(self._answer(call), self.piece)

    def _answer(self, call: Sendable[Any]) -> Response:
        self.calls.append(call)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, value = answer
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        response = Response(status, {}, body)
        if not is_success(status) and status not in call.request.answers:
            raise error_for(response, now=0.0)
        return response

    @property
    def queries(self) -> list[dict[str, str]]:
        """The query of each call."""
        return [dict(call.request.query) for call in self.calls]


@attrs.define
class Chunks:
    """A body in pieces."""

    _response: Response
    _piece: int
    _at: int = 0

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> dict[str, str]:
        return dict(self._response.headers)

    async def piece(self) -> bytes:
        begin, self._at = self._at, self._at + self._piece
        return self._response.body[begin : self._at]

    async def chunks(self) -> AsyncGenerator[bytes]:
        while piece := await self.piece():
            yield piece


def room(at_once: int) -> Room:
    """Return the room of a bulk that makes so many calls at once."""
    return Room(Concurrency(at_once), at_once)
