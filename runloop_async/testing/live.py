"""Answers that take their time: held ones, events one by one, and terminals."""

import asyncio
from collections.abc import Callable
from typing import Final

import attrs
import msgspec
from aiohttp import web

from runloop_async.testing.changes import Changes
from runloop_async.testing.faults import CutBody, Drip
from runloop_async.testing.messages import (
    ApiError,
    Feed,
    Held,
    JsonObject,
    Terminal,
)
from runloop_async.testing.sending import hang_up
from runloop_async.testing.world import World

_CLEAN_END: Final = 4000
"""How a terminal that has ended says so."""


@attrs.frozen(eq=False)
class Live:
    """Gives such answers as the world goes on."""

    _world: World
    _changes: Changes

    async def hold(self, request: web.BaseRequest, held: Held) -> JsonObject:
        """Return a held answer once it is there.

        Raises:
            ApiError: It did not come in time, or the client has left: 408.
        """
        world, until_s = self._world, None
        if held.seconds is not None:
            until_s = world.now_s + held.seconds
            world.later(held.seconds, _nothing)  # so that somebody looks then

        def is_there() -> bool:
            is_late = until_s is not None and world.now_s >= until_s
            return is_late or _has_left(request) or held.look() is not None

        with world.lock:
            is_ready = is_there()
        if not is_ready:
            await self._changes.wait(is_there)
        with world.lock:
            found = held.look()
        if found is None:
            raise ApiError(408, "timeout", "It did not happen in time.")
        return found

    async def run(
        self,
        request: web.BaseRequest,
        answer: Feed | Terminal,
        pace: CutBody | Drip | None,
    ) -> web.StreamResponse:
        """Give an answer that goes on until it ends or the client leaves."""
        try:
            if isinstance(answer, Feed):
                return await self._feed(request, answer, pace)
            return await self._terminal(request, answer)
        except ConnectionError:
            return hang_up(request)

    async def _feed(
        self, request: web.BaseRequest, feed: Feed, pace: CutBody | Drip | None
    ) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"content-type": "text/event-stream", "cache-control": "no-cache"}
        )
        await response.prepare(request)
        news = list[JsonObject]()
        is_over = False

        def has_news() -> bool:
            nonlocal is_over
            if _has_left(request):
                is_over = True
                return True
            events = feed.more()
            is_over = events is None
            news.extend(events or ())
            return is_over or bool(news)

        while True:
            with self._world.lock:
                is_ready = has_news()
            if not is_ready:
                await self._changes.wait(has_news)
            text = b"".join(
                b"data: %s\n\n" % msgspec.json.encode(each) for each in news
            )
            news.clear()
            if text:
                await _write(response, text, pace)
            if is_over:
                return response

    async def _terminal(
        self, request: web.BaseRequest, terminal: Terminal
    ) -> web.StreamResponse:
        protocols = request.headers.get("sec-websocket-protocol", "").split(",")
        socket = web.WebSocketResponse(protocols=[each.strip() for each in protocols])
        await socket.prepare(request)
        watching = asyncio.ensure_future(self._close_with(socket, terminal.is_closed))
        try:
            await socket.send_bytes(terminal.greeting.encode())
            async for message in socket:
                data: str | bytes = message.data
                typed = data if isinstance(data, str) else data.decode(errors="replace")
                with self._world.lock:
                    shown = terminal.typed(typed)
                if shown is None:
                    await socket.close(code=_CLEAN_END)
                    break
                await socket.send_bytes(shown.encode())
        finally:
            watching.cancel()
            terminal.leave()
        return socket

    async def _close_with(
        self, socket: web.WebSocketResponse, is_closed: Callable[[], bool]
    ) -> None:
        await self._changes.wait(is_closed)
        await socket.close(code=_CLEAN_END)


async def _write(
    response: web.StreamResponse, text: bytes, pace: CutBody | Drip | None
) -> None:
    """Write some events.

    Raises:
        ConnectionError: The client has left, or the stream is to break off.
    """
    if isinstance(pace, CutBody):
        await response.write(pace.kept(text))
        raise ConnectionAbortedError
    if not isinstance(pace, Drip):
        await response.write(text)
        return
    for piece in pace.split(text):
        await asyncio.sleep(pace.seconds)
        await response.write(piece)


def _has_left(request: web.BaseRequest) -> bool:
    return request.transport is None


def _nothing() -> None:
    """Do nothing, at some time."""
