"""Benchmarks."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required, TypeAlias, TypedDict

import attrs

from runloop_async.models.launch import RunProfile, RunProfileParam
from runloop_async.models.shared import CountedPageParams, Open, Wire

BenchmarkStatus: TypeAlias = Open[Literal["active", "archived"]]
"""Whether a benchmark is in use."""


@attrs.frozen(kw_only=True)
class BenchmarkView:
    """A named set of scenarios."""

    id: str
    """Identifier, starts with `bmd_`."""
    metadata: dict[str, str]
    """The owner's labels."""
    name: str
    """Its name."""
    scenario_ids: Annotated[list[str], Wire("scenarioIds")]
    """The scenarios in it."""
    status: BenchmarkStatus
    """Whether it is in use."""
    attribution: str | None = None
    """Who it comes from."""
    description: str | None = None
    """What it measures."""
    is_public: bool | None = None
    """Whether everyone can run it."""
    required_environment_variables: list[str] | None = None
    """Environment variables that a run must bring."""
    required_secret_names: list[str] | None = None
    """Secrets that a run must bring."""


@attrs.frozen(kw_only=True)
class BenchmarkListView:
    """A page of benchmarks."""

    benchmarks: list[BenchmarkView]
    """The benchmarks on it."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


class BenchmarkCreateParams(TypedDict, total=False):
    """What `benchmarks.create` takes."""

    name: Required[str]
    """Its name."""
    attribution: str | None
    """Who it comes from."""
    description: str | None
    """What it measures."""
    metadata: Mapping[str, str] | None
    """Labels of yours."""
    required_environment_variables: Sequence[str] | None
    """Environment variables that a run must bring."""
    required_secret_names: Sequence[str]
    """Secrets that a run must bring."""
    scenario_ids: Sequence[str] | None
    """The scenarios in it."""


class BenchmarkUpdateParams(TypedDict, total=False):
    """What `benchmarks.update` takes; what is left out stays as it is."""

    attribution: str | None
    """Who it comes from; an empty string clears it."""
    description: str | None
    """What it measures; an empty string clears it."""
    metadata: Mapping[str, str] | None
    """Labels of yours, in place of all there are."""
    name: str | None
    """Its name."""
    required_environment_variables: Sequence[str] | None
    """Environment variables that a run must bring, in place of all there are."""
    required_secret_names: Sequence[str] | None
    """Secrets that a run must bring, in place of all there are."""
    scenario_ids: Sequence[str] | None
    """The scenarios in it, in place of all there are."""


class BenchmarkUpdateScenariosParams(TypedDict, total=False):
    """What `benchmarks.update_scenarios` takes."""

    scenarios_to_add: Sequence[str] | None
    """Ids of scenarios to put in."""
    scenarios_to_remove: Sequence[str] | None
    """Ids of scenarios to take out."""


class BenchmarkStartRunParams(TypedDict, total=False):
    """What `benchmarks.start_run` takes."""

    benchmark_id: Required[str]
    """The benchmark to run."""
    metadata: Mapping[str, str] | None
    """Labels of yours for the run."""
    run_name: str | None
    """Its name."""
    run_profile: Annotated[RunProfile | RunProfileParam | None, Wire("runProfile")]
    """What it brings to the devboxes of its scenarios."""


class BenchmarkListPublicParams(CountedPageParams, total=False):
    """What `benchmarks.list_public` takes."""

    name: str
    """Only those of this name."""
    search: str
    """Only those whose name or id contains this."""


class BenchmarkListParams(BenchmarkListPublicParams, total=False):
    """What `benchmarks.list` takes."""
