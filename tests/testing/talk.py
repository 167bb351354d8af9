"""Two ways to talk to an emulator: through its socket, and past it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager

import aiohttp
import attrs
import msgspec

from runloop_async.testing import Emulator
from runloop_async.testing.messages import (
    Answer,
    ApiError,
    Ask,
    Feed,
    Held,
    JsonObject,
    JsonValue,
    Terminal,
)
from runloop_async.testing.routes import ROUTES
from runloop_async.testing.routing import Router
from runloop_async.testing.world import Phases, World

ROUTER = Router(ROUTES)


@attrs.frozen(kw_only=True)
class Reply:
    """What came back over the socket."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> JsonValue:
        return msgspec.json.decode(self.body)


@attrs.frozen
class Caller:
    """A client that knows nothing but HTTP, with a new connection for each request."""

    session: aiohttp.ClientSession
    url: str

    async def get(self, path: str, headers: dict[str, str] | None = None) -> Reply:
        return await self.send("GET", path, headers=headers)

    async def post(
        self,
        path: str,
        body: JsonValue = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        return await self.send("POST", path, body, headers)

    async def send(
        self,
        method: str,
        path: str,
        body: JsonValue = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        given = {"authorization": "Bearer any"} | (headers or {})
        async with self.session.request(
            method, self.url + path, json=body, headers=given
        ) as response:
            return Reply(
                status=response.status,
                headers={name.lower(): text for name, text in response.headers.items()},
                body=await response.read(),
            )


async def until(fact: Callable[[], bool]) -> None:
    """Wait until something that has no event of its own has become true."""
    async with asyncio.timeout(10.0):
        while not fact():  # noqa: ASYNC110 - that is what this is for
            await asyncio.sleep(0.005)


async def given_up(api: Emulator, call: Coroutine[None, None, Reply]) -> None:
    """Send a request and leave as soon as it has arrived."""
    task = asyncio.create_task(call)
    await until(lambda: api.stats.in_flight == 1)
    task.cancel()
    await until(lambda: api.stats.open_connections == 0)


@asynccontextmanager
async def calling(api: Emulator, *, keep_alive: bool = False) -> AsyncGenerator[Caller]:
    """Give a client of `api`."""
    connector = aiohttp.TCPConnector(force_close=not keep_alive)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Caller(session, api.url)


class Desk:
    """Asks the routes directly; a refusal is raised as what it is."""

    def __init__(
        self, *, old_shape: bool = False, phases: Phases | None = None
    ) -> None:
        self.world = World(speed=0.0, phases=phases)
        self.old_shape = old_shape

    def get(self, path: str, **query: str) -> JsonObject:
        answer = self._ask("GET", path, query, b"")
        assert not isinstance(answer, Answer)
        return answer

    def post(self, path: str, **body: JsonValue) -> JsonObject:
        answer = self._ask("POST", path, {}, msgspec.json.encode(body))
        assert not isinstance(answer, Answer)
        return answer

    def download(self, path: str) -> Answer:
        answer = self._ask("POST", path, {}, b"")
        assert isinstance(answer, Answer)
        return answer

    def refused(self, method: str, path: str, **body: JsonValue) -> int:
        """Return the status with which a request is refused."""
        query = {name: str(value) for name, value in body.items()}
        sent = msgspec.json.encode(body) if method == "POST" else b""
        try:
            self._ask(method, path, query, sent)
        except ApiError as error:
            return error.status
        raise AssertionError(f"{method} {path} was not refused")

    def _ask(
        self, method: str, path: str, query: dict[str, str], body: bytes
    ) -> JsonObject | Answer:
        route, params = ROUTER.find(method, path)
        ask = Ask(params=params, query=query, body=body, old_shape=self.old_shape)
        self.world.settle()
        result = route.operation(self.world, ask)
        if isinstance(result, Held):
            assert result.seconds is not None
            until_s = self.world.now_s + result.seconds
            while (found := result.look()) is None and self.world.now_s < until_s:
                self.world.advance(0.05)
            return {} if found is None else found
        assert not isinstance(result, Feed | Terminal)
        return result
