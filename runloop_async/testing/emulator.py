"""The emulator as its users see it."""

from collections import deque
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Final, Self, cast

from runloop_async.testing.app import Application
from runloop_async.testing.checks import seconds
from runloop_async.testing.commands import Commands
from runloop_async.testing.faultbox import Faults
from runloop_async.testing.listening import HOST, Door
from runloop_async.testing.routes import (
    ROUTES,
    agents,
    gateway_configs,
    mcp_configs,
    network_policies,
    secrets,
)
from runloop_async.testing.routing import Router
from runloop_async.testing.state.axons import new_axon
from runloop_async.testing.state.blueprints import new_blueprint
from runloop_async.testing.state.devboxes.disk_snapshots import new_snapshot
from runloop_async.testing.state.devboxes.life import evict
from runloop_async.testing.state.population import populate
from runloop_async.testing.state.regression import plant
from runloop_async.testing.state.seeds import (
    BenchmarkJobSeeds,
    BenchmarkRunSeeds,
    BenchmarkSeeds,
    DevboxSeeds,
    ObjectSeeds,
    ScenarioSeeds,
    Seeds,
)
from runloop_async.testing.stats import Received, Stats
from runloop_async.testing.threads import LoopThread
from runloop_async.testing.world import Phases, World

_REMEMBERED: Final = 10_000


class Emulator:
    """An emulated Runloop API on a loopback socket, with state and faults.

        async with Emulator() as api:
            ids = api.populate(runs=1000)
            api.benchmark_runs.add(id="bmr_1", state="failed")
            client = AsyncRunloop(base_url=api.url, bearer_token="any")

    With `with` in place of `async with` it runs in a thread and an event loop of its
    own, for tests that have no event loop, or several.

    It serves the whole API. No command is run: `commands` says what commands on
    devboxes come to. Its clock is its own: what takes time at Runloop takes emulated
    time here. A write is executed as often as it arrives, even under one
    request id; `stats.repeated` tells of those.

    Args:
        bearer_token: The only key that is taken; any key by default.
        speed: Emulated seconds per real one; at 0 time stands still and only
            `advance` moves it.
        phases: How long runs and jobs take, devboxes to boot, and so on.
        old_shape: Whether benchmark runs have the shape of spring 2025. A request for
            `/v1/benchmarks/runs` gets it with the header `x-emulator-old-shape: true`.
        seed: Where all dice begin: the same seed and the same requests in the same
            order give the same ids, scores and faults.
    """

    world: World
    """The state, for what the seeds do not reach."""
    benchmarks: BenchmarkSeeds
    """Adds benchmarks."""
    scenarios: ScenarioSeeds
    """Adds scenarios, their runs and their scorers."""
    benchmark_runs: BenchmarkRunSeeds
    """Adds benchmark runs."""
    benchmark_jobs: BenchmarkJobSeeds
    """Adds benchmark jobs."""
    devboxes: DevboxSeeds
    """Adds devboxes, with files."""
    disk_snapshots: Seeds
    """Adds snapshots of disks."""
    blueprints: Seeds
    """Adds blueprints that are built."""
    objects: ObjectSeeds
    """Adds storage objects, with their contents."""
    axons: Seeds
    """Adds axons."""
    agents: Seeds
    """Adds agents."""
    secrets: Seeds
    """Adds secrets."""
    network_policies: Seeds
    """Adds network policies."""
    gateway_configs: Seeds
    """Adds gateway configs."""
    mcp_configs: Seeds
    """Adds MCP configs."""
    commands: Commands
    """What commands on devboxes come to."""
    faults: Faults
    """The faults in effect."""
    stats: Stats
    """Counters."""
    requests: deque[Received]
    """The latest requests, in the order in which they arrived."""

    def __init__(
        self,
        *,
        bearer_token: str | None = None,
        speed: float = 1.0,
        phases: Phases | None = None,
        old_shape: bool = False,
        seed: int = 0,
    ) -> None:
        self.world = World(seed=seed, speed=seconds("speed", speed), phases=phases)
        self.benchmarks = BenchmarkSeeds(self.world)
        self.scenarios = ScenarioSeeds(self.world)
        self.benchmark_runs = BenchmarkRunSeeds(self.world)
        self.benchmark_jobs = BenchmarkJobSeeds(self.world)
        self.devboxes = DevboxSeeds(self.world)
        self.disk_snapshots = Seeds(self.world, new_snapshot)
        self.blueprints = Seeds(self.world, new_blueprint)
        self.objects = ObjectSeeds(self.world)
        self.axons = Seeds(self.world, new_axon)
        self.agents = Seeds(self.world, agents.GROUP.new)
        self.secrets = Seeds(self.world, secrets.GROUP.new)
        self.network_policies = Seeds(self.world, network_policies.GROUP.new)
        self.gateway_configs = Seeds(self.world, gateway_configs.GROUP.new)
        self.mcp_configs = Seeds(self.world, mcp_configs.GROUP.new)
        self.commands = self.world.commands
        self.faults = Faults(self.world.dice)
        self.stats = Stats()
        self.requests = deque(maxlen=_REMEMBERED)
        self._app = Application(
            world=self.world,
            router=Router(ROUTES),
            faults=self.faults,
            stats=self.stats,
            requests=self.requests,
            bearer_token=bearer_token,
            old_shape=old_shape,
        )
        self._door: Door | None = None
        self._thread: LoopThread | None = None

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end.

        Raises:
            RuntimeError: The emulator is not running.
        """
        return f"http://{HOST}:{self._running().port}"

    async def start(self) -> None:
        """Listen on a free loopback port; the state of an earlier time is kept.

        Raises:
            RuntimeError: It is running already.
        """
        await self._do(self._start())

    async def _start(self) -> None:
        if self._door is not None:
            raise RuntimeError("the emulator is running already")
        self._door = Door(self._app.handle, self.stats, self._app.connection_lost)
        await self._door.open()

    async def stop(self) -> None:
        """Close everything at once, requests in flight too; twice is no error."""
        await self._do(self._stop())

    async def _stop(self) -> None:
        door, self._door = self._door, None
        if door is not None:
            await door.close()
            await self._app.stop()
            await door.gone()

    async def refuse(self) -> None:
        """Break off all connections and have new ones refused, until `listen`."""
        await self._do(self._running().refuse())

    async def listen(self) -> None:
        """Accept connections again, on the same port."""
        await self._do(self._running().open())

    def drop_connections(self) -> None:
        """Break off all connections, idle or not; new ones are accepted."""
        door = self._running()
        if self._thread is None:
            door.drop_connections()
        else:
            self._thread.run(_now(door.drop_connections))

    def advance(self, seconds: float) -> None:
        """Move the emulated clock on; what is due by then has happened on return.

        Raises:
            ValueError: `seconds` is below 0.
        """
        self.world.advance(seconds)

    def populate(
        self, *, runs: int = 5000, benchmarks: int = 3, scenarios: int = 20
    ) -> list[str]:
        """Fill the world with runs that look as if they had been made over weeks.

        The scenarios are dealt out to the benchmarks, the runs too; most runs are
        completed, some are canceled, failed or still running. Each has its scenario
        runs, and a score that fits them.

        Returns:
            The ids of the benchmark runs, oldest first.
        """
        with self.world.lock:
            self.world.settle()
            return populate(
                self.world, runs=runs, benchmarks=benchmarks, scenarios=scenarios
            )

    def evict(self, devbox_id: str, *, seconds: float = 300.0) -> None:
        """Have a devbox be taken away after some emulated seconds.

        Whoever watches evictions is told at once.

        Raises:
            KeyError: There is no such devbox.
        """
        with self.world.lock:
            self.world.settle()
            evict(self.world, devbox_id, seconds)

    def plant_regression(
        self, *, scenarios: int = 60, attempts: int = 3, regressed: int = 8
    ) -> tuple[str, str]:
        """Add a benchmark with two runs, of which the second has lost some scenarios.

        Args:
            scenarios: How many scenarios the benchmark has.
            attempts: Attempts at each of them, in each run.
            regressed: How many were always solved in the first run, and never are in
                the second.

        Returns:
            The ids of the two runs, the earlier one first.
        """
        with self.world.lock:
            self.world.settle()
            return plant(
                self.world, scenarios=scenarios, attempts=attempts, regressed=regressed
            )

    def __enter__(self) -> Self:
        thread = LoopThread()
        try:
            thread.run(self._start())
        except BaseException:
            thread.end()
            raise
        self._thread = thread
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        thread, self._thread = cast("LoopThread", self._thread), None
        thread.run(self._stop())
        thread.end()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the event loop that the emulator runs in."""
        if self._thread is None:
            await work
        else:
            await self._thread.do(work)

    def _running(self) -> Door:
        if self._door is None:
            raise RuntimeError(
                "the emulator is not running: use `async with Emulator()` or `start()`"
            )
        return self._door


async def _now(action: Callable[[], None]) -> None:
    action()
