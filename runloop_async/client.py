"""The client: options from arguments and environment, the pool, and all resources."""

import logging
import os
from collections.abc import Callable
from copy import copy as shallow_copy
from functools import partial
from importlib import import_module
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, Unpack

from aiohttp import ClientSession

from runloop_async.annotations import awaitable, listed, override
from runloop_async.calls.bulk import Bulk
from runloop_async.calls.crew import Calls, Room
from runloop_async.calls.endpoints import Endpoints
from runloop_async.calls.outcomes import Progress
from runloop_async.clock import Clock
from runloop_async.errors import ConfigurationError
from runloop_async.events import Event
from runloop_async.moved import CLIENT, missing
from runloop_async.options import ClientOptions, ClientParams, resolve, whole_number
from runloop_async.pacing.limits import Limits
from runloop_async.sending.attempt import Telemetry
from runloop_async.sending.clock import SystemClock
from runloop_async.sending.lanes import lanes
from runloop_async.sending.network import Network, network_of
from runloop_async.sending.pool import Pool
from runloop_async.sending.runner import HttpRunner
from runloop_async.sending.stats import Stats
from runloop_async.values import callback
from runloop_async.wire.request import Workload

if TYPE_CHECKING:
    from runloop_async.resources.accounts import Accounts
    from runloop_async.resources.agents import Agents
    from runloop_async.resources.apikeys import Apikeys
    from runloop_async.resources.axons import Axons
    from runloop_async.resources.benchmark_jobs import BenchmarkJobs
    from runloop_async.resources.benchmark_runs import BenchmarkRuns
    from runloop_async.resources.benchmarks import Benchmarks
    from runloop_async.resources.blueprints import Blueprints
    from runloop_async.resources.devboxes import Devboxes
    from runloop_async.resources.gateway_configs import GatewayConfigs
    from runloop_async.resources.mcp_configs import McpConfigs
    from runloop_async.resources.network_policies import NetworkPolicies
    from runloop_async.resources.objects import Objects
    from runloop_async.resources.pty import Pty
    from runloop_async.resources.restricted_keys import RestrictedKeys
    from runloop_async.resources.scenarios import Scenarios
    from runloop_async.resources.secrets import Secrets

T = TypeVar("T")

_LEVELS = ("debug", "info", "warning", "error")


class _WhenUsed:
    """A resource of a client, which is imported and made when it is first used.

    The classes of all resources and their models take longer to make than all else that
    `import runloop_async` does, and a program uses few of them.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, client: "AsyncRunloop | None", owner: type) -> object:
        if client is None:
            return self
        module = import_module(f"runloop_async.resources.{self._name}")
        kind = getattr(module, self._name.title().replace("_", ""))
        own = vars(client)
        own[self._name] = kind(own["_runner"])  # is found there from now on
        return own[self._name]


def _when_used() -> Any:  # so that type checkers go by the annotation
    return _WhenUsed()


class AsyncRunloop(Endpoints):
    """A client of the Runloop API, with a pool of connections.

    Use it as `async with AsyncRunloop() as client:`, or call `aclose` when done. The
    pool opens in the event loop that first needs it, and belongs to that loop. One
    client is meant to be shared by all tasks of a program.
    """

    accounts: "Accounts" = _when_used()
    """The account that the key belongs to."""
    benchmarks: "Benchmarks" = _when_used()
    """Named sets of scenarios."""
    benchmark_runs: "BenchmarkRuns" = _when_used()
    """Runs of benchmarks."""
    benchmark_jobs: "BenchmarkJobs" = _when_used()
    """Jobs, which run benchmarks with agents by themselves."""
    scenarios: "Scenarios" = _when_used()
    """Problems, each with a devbox and a way to score an attempt."""
    devboxes: "Devboxes" = _when_used()
    """Machines in the cloud."""
    blueprints: "Blueprints" = _when_used()
    """Images that devboxes boot from."""
    objects: "Objects" = _when_used()
    """Files that the service keeps."""
    axons: "Axons" = _when_used()
    """Logs of events that agents, users and services write and follow."""
    agents: "Agents" = _when_used()
    """Programs that work on devboxes."""
    secrets: "Secrets" = _when_used()
    """Values that devboxes are given by name, and that are never read back."""
    network_policies: "NetworkPolicies" = _when_used()
    """Policies on where devboxes may connect to."""
    gateway_configs: "GatewayConfigs" = _when_used()
    """Services that devboxes reach without having their keys."""
    mcp_configs: "McpConfigs" = _when_used()
    """MCP servers that devboxes reach without having their keys."""
    pty: "Pty" = _when_used()
    """Terminals on devboxes."""
    apikeys: "Apikeys" = _when_used()
    """Keys to the API."""
    restricted_keys: "RestrictedKeys" = _when_used()
    """Keys that may do only some things."""

    @listed
    def __init__(
        self,
        *,
        session: ClientSession | None = None,
        ssl: SSLContext | None = None,
        proxy: str | None = None,
        trust_env: bool | None = None,
        limits: Limits | None = None,
        on_event: Callable[[Event], Any] | None = None,
        **options: Unpack[ClientParams],
    ) -> None:
        """Make a client; nothing is sent or opened yet.

        Args:
            session: A session of yours, to share its connections or to trace it; it is
                used as it is, and not closed. It has its own settings for the three
                that follow.
            ssl: How to verify the server, such as
                `ssl.create_default_context(cafile=...)`; as Python does by default.
            proxy: The URL of an HTTP proxy, which may hold its user and password.
            trust_env: Whether to use the proxy that `HTTPS_PROXY` names; False by
                default.
            limits: How many requests of each workload may be under way at once.
            on_event: Is called with each request, response, retry and throttle; may be
                a coroutine function. See `runloop_async.events`.
            **options: See `runloop_async.options.ClientParams`; what is left out comes
                from the environment or has a default.

        Raises:
            ConfigurationError: There is no key, or an option or variable is unusable.
        """
        network = _resolved(partial(network_of, session, ssl, proxy, trust_env))
        del proxy
        resolved = _resolved(partial(resolve, options, os.environ))
        del options  # tracebacks show locals
        if isinstance(network, ConfigurationError):
            raise network
        if isinstance(resolved, ConfigurationError):
            raise resolved
        _set_log_level(os.environ.get("RUNLOOP_LOG"))
        self._limits = _checked(limits)
        self._options = resolved
        self._clock: Clock = SystemClock()
        self._telemetry = Telemetry(self._clock, _callback("on_event", on_event))
        self._connect_through(network)
        self._join()

    def _connect_through(self, network: Network) -> None:
        """Make what all clients of a pool share."""
        self._lanes = lanes(
            self._limits,
            self._clock,
            network.session,
            self._telemetry.emit,
            hold_most_s=self._options.retry.retry_after_max,
        )
        gates = [lane.gate for lane in self._lanes.values()]
        self._pool = Pool(network, gates, self._telemetry)

    def _join(self) -> None:
        """Make what sends the calls, with the client's options."""
        self._runner = HttpRunner(
            self._options, self._pool, self._lanes, self._clock, self._telemetry
        )

    @listed
    def with_options(self, **options: Unpack[ClientParams]) -> Self:
        """Return a client with other options that shares this one's pool and limits.

        Only what is given changes: the environment is not read again. Default headers
        and query parameters are added to the present ones.

        Raises:
            ConfigurationError: An option is unknown or unusable.
        """
        resolved = _resolved(partial(self._options.changed, options))
        del options  # tracebacks show locals
        if isinstance(resolved, ConfigurationError):
            raise resolved
        other = shallow_copy(self)
        for name, value in vars(AsyncRunloop).items():
            if isinstance(value, _WhenUsed):  # one that was used has the old options
                vars(other).pop(name, None)
        other._options = resolved  # noqa: SLF001 - of this class
        other._join()  # noqa: SLF001
        return other

    copy = with_options

    @awaitable
    def bulk(
        self,
        calls: Calls[T],
        *,
        concurrency: int | Literal["auto"] = "auto",
        on_progress: Callable[[Progress], Any] | None = None,
        total: int | None = None,
    ) -> Bulk[T]:
        """Make very many calls, a bounded number at once, and keep every outcome.

        Args:
            calls: Any calls, from a list, a generator or an async generator.
            concurrency: How many at once; by default as many as the service sustains,
                as the client finds out by its responses.
            on_progress: Is called after each call with how far the bulk is; may be a
                coroutine function, which is awaited.
            total: How many calls there are, for `on_progress`, where that cannot be
                told by `len(calls)`.

        Raises:
            ConfigurationError: The concurrency is not a whole number above 0, or the
                total is none.
            TypeError: `on_progress` is not a function.
        """
        at_once = None
        if concurrency != "auto":
            at_once = whole_number("concurrency", concurrency, least=1)
        if total is not None:
            total = whole_number("total", total, least=0)
        told = callback("on_progress", on_progress)
        room = Room(self._runner.gate, at_once)
        return Bulk(calls, room, self._clock, told, total)

    def stats(self) -> Stats:
        """Return what this client, and all that share its pool, have done so far."""
        tally = self._telemetry.tally
        lanes = self._lanes
        return Stats(
            requests=tally.requests,
            retries=tally.retries,
            throttled=tally.throttled,
            unreadable=tally.unreadable,
            bytes=tally.bytes,
            connections=self._pool.connections,
            is_down=lanes[Workload.API].gate.governor.budget.is_down,
            api=lanes[Workload.API].stats(),
            wait=lanes[Workload.WAIT].stats(),
            stream=lanes[Workload.STREAM].stats(),
            download=lanes[Workload.DOWNLOAD].stats(),
            upload=lanes[Workload.UPLOAD].stats(),
        )

    async def aclose(self) -> None:
        """Close the pool, for this client and all that share it; again does nothing."""
        await self._pool.close()
        await self._telemetry.settled()

    close = aclose

    @property
    def base_url(self) -> str:
        """Where it sends its requests."""
        return self._options.base_url

    @property
    def is_closed(self) -> bool:
        """Whether the pool is closed."""
        return self._pool.is_closed

    async def __aenter__(self) -> Self:
        self._pool.hold()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._pool.let_go()
        if self.is_closed:
            await self._telemetry.settled()

    if not TYPE_CHECKING:  # pragma: no branch

        def __getattr__(self, name: str) -> object:
            raise missing(self, name, CLIENT)

        def __enter__(self) -> None:
            raise TypeError("use `async with AsyncRunloop() as client:`")

        def __exit__(self, *_: object) -> None:
            """There is nothing to leave; Python looks for it first."""

    @override
    def __repr__(self) -> str:
        options: ClientOptions | None = getattr(self, "_options", None)
        if options is None:  # it was refused, and a traceback shows it
            return "<AsyncRunloop, not made>"
        state = ", closed" if self.is_closed else ""
        return f"<AsyncRunloop {options.base_url}{state}>"


def _resolved(make: Callable[[], T]) -> T | ConfigurationError:
    """Return options, or the error that refuses them without the frames behind it."""
    try:
        return make()
    except ConfigurationError as error:
        return ConfigurationError(*error.args)


def _callback(name: str, value: object) -> Any:
    try:
        return callback(name, value)
    except TypeError as error:
        raise ConfigurationError(str(error)) from None


def _checked(limits: Limits | None) -> Limits:
    if limits is None:
        return Limits()
    if not isinstance(limits, Limits):
        raise ConfigurationError(
            f"limits must be a Limits, such as Limits(api=50), not {limits!r}"
        )
    return limits


def _set_log_level(word: str | None) -> None:
    if not word:
        return
    if word.lower() not in _LEVELS:
        raise ConfigurationError(
            f"RUNLOOP_LOG must be one of {', '.join(_LEVELS)}, not {word!r}"
        )
    logging.basicConfig()
    logging.getLogger("runloop_async").setLevel(word.upper())
