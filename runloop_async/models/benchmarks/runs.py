"""What the old paths to benchmark runs take."""

from runloop_async.models.benchmark_runs import BenchmarkRunState
from runloop_async.models.scenarios.runs import ScenarioRunState
from runloop_async.models.shared import CountedPageParams


class BenchmarkRunsLegacyListParams(CountedPageParams, total=False):
    """What the old `benchmarks.runs.list` takes."""

    benchmark_id: str
    """Only runs of this benchmark."""
    name: str
    """Only runs of this name."""
    state: BenchmarkRunState
    """Only runs in this state."""


class BenchmarkRunsLegacyListScenarioRunsParams(CountedPageParams, total=False):
    """What the old `benchmarks.runs.list_scenario_runs` takes."""

    state: ScenarioRunState
    """Only scenario runs in this state."""
