"""A runner that plays streams of events: what is sent, and where it breaks."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import attrs

from runloop_async.calls.runner import Gate, Sendable, Socket, Stream
from runloop_async.credentials import Secret
from runloop_async.errors import APIConnectionError
from runloop_async.pacing import Concurrency
from runloop_async.wire.response import Response
from tests.fakes import FakeClock

T = TypeVar("T")
LOST = APIConnectionError("lost", phase="read")
Play = Sequence[bytes | Exception]
"""The pieces of a stream; an error breaks it."""


def event(value: object, name: str = "") -> bytes:
    """Return an event as it is sent."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


@attrs.frozen
class Playing:
    """A stream that is open."""

    play: Play
    headers: Mapping[str, str]
    status: int = 200
    _left: list[bytes | Exception] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_left", [*self.play])

    async def piece(self) -> bytes:
        piece = self._left.pop(0) if self._left else b""
        if isinstance(piece, Exception):
            raise piece
        return piece

    async def chunks(self) -> AsyncGenerator[bytes]:
        while piece := await self.piece():
            yield piece


@attrs.define
class Streams:
    """Plays one stream after the other, the last one again and again.

    An error instead of a play is one that there is in opening it.
    """

    plays: list[Play | Exception]
    statuses: list[object] = attrs.field(factory=list[object])
    """What is answered to the question for the status, one after the other."""
    clock: FakeClock = attrs.field(factory=FakeClock)
    prefetch: bool = False
    is_strict: bool = False
    base_url: str = "https://api.runloop.ai"
    max_response_bytes: int = 64 * 2**20
    deadline: float | None = None
    gate: Gate = attrs.field(factory=partial(Concurrency, 100))
    kind: str = "text/event-stream; charset=utf-8"
    queries: list[dict[str, str]] = attrs.field(factory=list[dict[str, str]])
    """The query of each stream that was asked for."""
    calls: list[Sendable[Any]] = attrs.field(factory=list[Sendable[Any]])
    open: int = 0

    def note_unreadable(self, route: str, errors: object) -> None:
        raise NotImplementedError

    def socket(self, url: str, token: Secret) -> AbstractAsyncContextManager[Socket]:
        raise NotImplementedError

    async def pause(self, delay_s: float) -> None:
        await self.clock.sleep(delay_s)

    async def run(self, call: Sendable[T]) -> T:
        self.calls.append(call)
        answer = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if isinstance(answer, Exception):
            raise answer
        return call.read(Response(200, {}, json.dumps(answer).encode()))

    @asynccontextmanager
    async def stream(self, call: Sendable[Any]) -> AsyncGenerator[Stream]:
        self.queries.append({**call.request.query})
        play = self.plays.pop(0) if len(self.plays) > 1 else self.plays[0]
        if isinstance(play, Exception):
            raise play
        self.open += 1
        try:
            yield Playing(play, {"content-type": self.kind})
        finally:
            self.open -= 1
