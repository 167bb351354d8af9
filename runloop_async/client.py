"""The client: options from arguments and environment, the pool, and all resources."""

import logging
import os
from collections.abc import Callable
from copy import copy as shallow_copy
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack, cast

from aiohttp import ClientSession

from runloop_async.annotations import override
from runloop_async.calls.bulk import Bulk, Calls, Progress
from runloop_async.calls.runner import Clock
from runloop_async.errors import ConfigurationError
from runloop_async.options import (
    ClientParams,
    Limits,
    count,
    resolve,
)
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
from runloop_async.sending.lanes import lanes
from runloop_async.sending.pool import Transport
from runloop_async.sending.runner import HttpRunner, SystemClock
from runloop_async.sending.stats import Counters, Stats

T = TypeVar("T")

_LEVELS = ("debug", "info", "warning", "error")


class AsyncRunloop:
    """A client of the Runloop API, with a pool of connections.

    Use it as `async with AsyncRunloop() as client:`, or call `aclose` when done. The
    pool opens in the event loop that first needs it, and belongs to that loop. One
    client is meant to be shared by all tasks of a program.
    """

    accounts: Accounts
    """The account that the key belongs to."""
    benchmarks: Benchmarks
    """Named sets of scenarios."""
    benchmark_runs: BenchmarkRuns
    """Runs of benchmarks."""
    benchmark_jobs: BenchmarkJobs
    """Jobs, which run benchmarks with agents by themselves."""
    scenarios: Scenarios
    """Problems, each with a devbox and a way to score an attempt."""
    devboxes: Devboxes
    """Machines in the cloud."""
    blueprints: Blueprints
    """Images that devboxes boot from."""
    objects: Objects
    """Files that the service keeps."""
    axons: Axons
    """Logs of events that agents, users and services write and follow."""
    agents: Agents
    """Programs that work on devboxes."""
    secrets: Secrets
    """Values that devboxes are given by name, and that are never read back."""
    network_policies: NetworkPolicies
    """Policies on where devboxes may connect to."""
    gateway_configs: GatewayConfigs
    """Services that devboxes reach without having their keys."""
    mcp_configs: McpConfigs
    """MCP servers that devboxes reach without having their keys."""
    pty: Pty
    """Terminals on devboxes."""
    apikeys: Apikeys
    """Keys to the API."""
    restricted_keys: RestrictedKeys
    """Keys that may do only some things."""

    def __init__(
        self,
        *,
        session: ClientSession | None = None,
        limits: Limits | None = None,
        **options: Unpack[ClientParams],
    ) -> None:
        """Make a client; nothing is sent or opened yet.

        Args:
            session: A session of yours, for proxies, TLS or tracing; it is used as it
                is, and not closed.
            limits: How many requests of each workload may be under way at once.
            **options: See `runloop_async.options.ClientParams`; what is left out comes
                from the environment or has a default.

        Raises:
            ConfigurationError: There is no key, or an option or variable is unusable.
        """
        _set_log_level(os.environ.get("RUNLOOP_LOG"))
        self._limits = limits or Limits()
        self._lanes = lanes(self._limits)
        self._transport = Transport(session)
        self._counters = Counters()
        self._clock: Clock = SystemClock()
        self._base_url = "not configured"
        self._configure(options)

    def _configure(self, params: ClientParams) -> None:
        try:
            options = resolve(params, os.environ)
            runner = HttpRunner(
                options, self._transport, self._lanes, self._clock, self._counters
            )
        except (TypeError, ValueError) as error:
            failure = ConfigurationError(*error.args)
        else:
            self._params = params | ClientParams(bearer_token=options.bearer_token)
            self._base_url = options.base_url
            self.accounts = Accounts(runner)
            self.benchmarks = Benchmarks(runner)
            self.benchmark_runs = BenchmarkRuns(runner)
            self.benchmark_jobs = BenchmarkJobs(runner)
            self.scenarios = Scenarios(runner)
            self.devboxes = Devboxes(runner)
            self.blueprints = Blueprints(runner)
            self.objects = Objects(runner)
            self.axons = Axons(runner)
            self.agents = Agents(runner)
            self.secrets = Secrets(runner)
            self.network_policies = NetworkPolicies(runner)
            self.gateway_configs = GatewayConfigs(runner)
            self.mcp_configs = McpConfigs(runner)
            self.pty = Pty(runner)
            self.apikeys = Apikeys(runner)
            self.restricted_keys = RestrictedKeys(runner)
            return
        # A traceback may show the locals of its frames, and here those hold the key.
        cast("dict[str, object]", params).clear()
        raise failure

    def with_options(self, **options: Unpack[ClientParams]) -> Self:
        """Return a client with other options that shares this one's pool and limits.

        Default headers and query parameters are added to the present ones.

        Raises:
            ConfigurationError: An option is unusable.
        """
        old, merged = self._params, self._params | options
        if "retry" in options and "max_retries" not in options:
            merged.pop("max_retries", None)
        merged["default_headers"] = {
            **old.get("default_headers", {}),
            **options.get("default_headers", {}),
        }
        merged["default_query"] = {
            **old.get("default_query", {}),
            **options.get("default_query", {}),
        }
        cast("dict[str, object]", options).clear()  # as in _configure
        other = shallow_copy(self)
        other._configure(merged)  # noqa: SLF001 - it is of this class
        return other

    copy = with_options

    def bulk(
        self,
        calls: Calls[T],
        *,
        concurrency: int | None = None,
        on_progress: Callable[[Progress], Any] | None = None,
    ) -> Bulk[T]:
        """Make very many calls, a bounded number at once, and keep every outcome.

        Args:
            calls: Any calls, from a list, a generator or an async generator.
            concurrency: How many at once; default is the client's limit of short calls.
            on_progress: Is told after each call how far the bulk is.

        Raises:
            ConfigurationError: The concurrency is not a whole number above 0.
        """
        at_once = self._limits.api if concurrency is None else concurrency
        count("concurrency", at_once, least=1)
        return Bulk(calls, at_once, self._clock, on_progress)

    def stats(self) -> Stats:
        """Return what this client, and all that share its pool, have done so far."""
        return self._counters.snapshot()

    async def aclose(self) -> None:
        """Close the pool, for this client and all that share it; again does nothing."""
        await self._transport.close()

    close = aclose

    @property
    def is_closed(self) -> bool:
        """Whether the pool is closed."""
        return self._transport.is_closed

    async def __aenter__(self) -> Self:
        self._transport.hold()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._transport.let_go()

    @override
    def __repr__(self) -> str:
        state = ", closed" if self.is_closed else ""
        return f"<AsyncRunloop {self._base_url}{state}>"


def _set_log_level(word: str | None) -> None:
    if not word:
        return
    if word.lower() not in _LEVELS:
        raise ConfigurationError(
            f"RUNLOOP_LOG must be one of {', '.join(_LEVELS)}, not {word!r}"
        )
    logging.basicConfig()
    logging.getLogger("runloop_async").setLevel(word.upper())
