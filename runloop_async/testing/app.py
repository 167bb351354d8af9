"""From a request on a socket to an answer: faults, key, route, operation."""

import asyncio
from collections import deque
from typing import Any, Final
from urllib.parse import parse_qsl

import attrs
from aiohttp import web

from runloop_async.testing.faultbox import Faults, Plan
from runloop_async.testing.faults import Reset
from runloop_async.testing.messages import Answer, ApiError, Ask, json_answer
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
    _running: set["asyncio.Task[Any]"] = attrs.field(
        factory=set["asyncio.Task[Any]"], init=False
    )

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
            body = await request.content.read()
        except ConnectionError:  # the client left in the middle of it
            return hang_up(request)
        if plan.delay_s:
            await asyncio.sleep(plan.delay_s)
        if isinstance(plan.instead, Reset):
            return hang_up(request)
        answer = plan.instead or self._execute(request, received, body)
        if plan.reset_after:
            return hang_up(request)
        for edit in plan.edits:
            answer = attrs.evolve(answer, body=edit.edit(answer.body))
        answer.headers[REQUEST_ID_HEADER] = request_id
        received.status = answer.status
        self.stats.by_status[answer.status] += 1
        return await send(request, answer, plan.pace)

    def _execute(
        self, request: web.BaseRequest, received: Received, body: bytes
    ) -> Answer:
        try:
            self._check_key(request)
            route, params = self.router.find(received.method, received.path)
            ask = Ask(
                params=params,
                query={name: text for name, text in received.query.items() if text},
                body=body,
                old_shape=self._wants_old_shape(received),
            )
            return self._operate(route, ask, received)
        except ApiError as error:
            return error.answer()

    def _operate(self, route: Route, ask: Ask, received: Received) -> Answer:
        if route.operation is None:
            message = f"The emulator does not serve {route.name} yet."
            raise ApiError(501, "not_implemented", message)
        self.stats.executions[route.name] += 1
        key = received.headers.get(REQUEST_ID_HEADER)
        if key is not None and route.method != "GET":
            self.stats.executions_by_request_id[key] += 1
        with self.world.lock:
            self.world.settle()
            result = route.operation(self.world, ask)
        return result if isinstance(result, Answer) else json_answer(result)

    def _check_key(self, request: web.BaseRequest) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise ApiError(401, "unauthorized", "A bearer key is needed.")
        if self.bearer_token is not None and key.strip() != self.bearer_token:
            raise ApiError(401, "unauthorized", "The bearer key is not valid.")

    def _wants_old_shape(self, received: Received) -> bool:
        asked = received.headers.get(OLD_SHAPE_HEADER) == "true"
        return self.old_shape or (asked and received.path.startswith(LEGACY_RUNS))


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
