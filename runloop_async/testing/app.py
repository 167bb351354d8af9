"""From a request on a socket to an answer: faults, key, route, operation."""

import asyncio
from collections import deque
from typing import Any, Final
from urllib.parse import parse_qsl

import attrs
from aiohttp import web

from runloop_async.testing.blobs import Blob
from runloop_async.testing.changes import Changes
from runloop_async.testing.faultbox import Faults, Plan
from runloop_async.testing.faults import Reset
from runloop_async.testing.live import Live
from runloop_async.testing.messages import (
    Answer,
    ApiError,
    Ask,
    Feed,
    Held,
    Terminal,
    invalid,
    json_answer,
)
from runloop_async.testing.routing import Route, Router
from runloop_async.testing.sending import hang_up, send
from runloop_async.testing.stats import Received, Stats
from runloop_async.testing.world import World

LEGACY_RUNS: Final = "/v1/benchmarks/runs"
"""Where runs were found in 2025; only there can a request ask for their old shape."""
OLD_SHAPE_HEADER: Final = "x-emulator-old-shape"
REQUEST_ID_HEADER: Final = "x-request-id"
SECRET_HEADERS: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key"}
)
"""Request headers that are never recorded."""
_LARGE: Final = 1024 * 1024
"""From how many bytes on a body is kept in a file."""


@attrs.define(kw_only=True, eq=False)
class Application:
    """Answers requests out of a world; knows nothing of listening sockets."""

    world: World
    router: Router
    faults: Faults
    stats: Stats
    requests: deque[Received]
    bearer_token: str | None
    old_shape: bool
    _changes: Changes = attrs.field(init=False)
    _live: Live = attrs.field(init=False)
    _running: set["asyncio.Task[Any]"] = attrs.field(
        factory=set["asyncio.Task[Any]"], init=False
    )

    def __attrs_post_init__(self) -> None:
        self._changes = Changes(self.world)
        self._live = Live(self.world, self._changes)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        received = _received(request)
        self.requests.append(received)
        self.stats.request_arrived()
        plan = self.faults.plan(received.method, received.path)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine always runs in one
        self._running.add(task)
        try:
            return await self._follow(plan, request, received)
        finally:
            self._running.discard(task)
            self.faults.release(plan)
            self.stats.in_flight -= 1

    def connection_lost(self) -> None:
        """Have answers end that nobody waits for any more."""
        self._changes.tell()

    async def stop(self) -> None:
        """Cancel the requests being worked on, such as those that a fault delays."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _follow(
        self, plan: Plan, request: web.BaseRequest, received: Received
    ) -> web.StreamResponse:
        # the number stands in for an id that the client did not send
        request_id = received.headers.get(
            REQUEST_ID_HEADER, f"req_{self.stats.requests:08d}"
        )
        try:
            body = await _body(request)
        except ConnectionError:  # the client left in the middle of it
            return hang_up(request)
        if plan.delay_s:
            await asyncio.sleep(plan.delay_s)
        if isinstance(plan.instead, Reset):
            return hang_up(request)
        answer = plan.instead or await self._execute(request, received, body)
        if plan.reset_after:
            return hang_up(request)
        if isinstance(answer, Feed | Terminal):
            received.status = 200 if isinstance(answer, Feed) else 101
            self.stats.by_status[received.status] += 1
            return await self._live.run(request, answer, plan.pace)
        for edit in plan.edits:
            answer = attrs.evolve(answer, body=edit.edit(answer.body))
        answer.headers[REQUEST_ID_HEADER] = request_id
        received.status = answer.status
        self.stats.by_status[answer.status] += 1
        return await send(request, answer, plan.pace)

    async def _execute(
        self, request: web.BaseRequest, received: Received, body: bytes | Blob
    ) -> Answer | Feed | Terminal:
        try:
            route, params = self._found(request, received)
            ask = Ask(
                params=params,
                query={name: text for name, text in received.query.items() if text},
                body=body if isinstance(body, bytes) else b"",
                large=None if isinstance(body, bytes) else body,
                content_type=request.headers.get("content-type", ""),
                origin=f"http://{request.host}",
                old_shape=self._wants_old_shape(received),
            )
            result = self._operate(route, ask, received)
            if isinstance(result, Held):
                result = json_answer(await self._live.hold(request, result))
        except ApiError as error:
            return error.answer()
        return result

    def _operate(
        self, route: Route, ask: Ask, received: Received
    ) -> Answer | Held | Feed | Terminal:
        self.stats.executions[route.name] += 1
        key = received.headers.get(REQUEST_ID_HEADER)
        if key is not None and route.method != "GET":
            self.stats.executions_by_request_id[key] += 1
        with self.world.lock:
            self.world.settle()
            result = route.operation(self.world, ask)
            if isinstance(result, dict):
                result = json_answer(result)
        if route.method != "GET":
            self._changes.tell()
        return result

    def _found(
        self, request: web.BaseRequest, received: Received
    ) -> tuple[Route, dict[str, str]]:
        """Return the route of a request that is allowed to take it."""
        try:
            found = self.router.find(received.method, received.path)
        except ApiError:
            self._check_key(request)  # whoever has none is told nothing of paths
            raise
        if found[0].key == "api":
            self._check_key(request)
        elif found[0].key == "none" and "authorization" in request.headers:
            raise invalid("A presigned URL takes no key.")
        return found

    def _check_key(self, request: web.BaseRequest) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise ApiError(401, "unauthorized", "A bearer key is needed.")
        if self.bearer_token is not None and key.strip() != self.bearer_token:
            raise ApiError(401, "unauthorized", "The bearer key is not valid.")

    def _wants_old_shape(self, received: Received) -> bool:
        asked = received.headers.get(OLD_SHAPE_HEADER) == "true"
        return self.old_shape or (asked and received.path.startswith(LEGACY_RUNS))


async def _body(request: web.BaseRequest) -> bytes | Blob:
    if (request.content_length or 0) <= _LARGE and "chunked" not in (
        request.headers.get("transfer-encoding", "").lower()
    ):
        return await request.content.read()
    return await Blob.received(request.content.iter_any())


def _received(request: web.BaseRequest) -> Received:
    path, _, query = request.raw_path.partition("?")
    return Received(
        method=request.method,
        path=path,
        query=dict(parse_qsl(query, keep_blank_values=True)) if query else {},
        headers={
            lower: text
            for name, text in request.headers.items()
            if (lower := name.lower()) not in SECRET_HEADERS
        },
    )
