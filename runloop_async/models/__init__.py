"""What the API sends and takes: one file per group, as attrs classes and TypedDicts.

Each model can be imported from here, which imports the files that are needed to find
it, and from the file of its group, such as `runloop_async.models.benchmarks`.
"""

from collections.abc import Iterator
from importlib import import_module
from os.path import commonprefix
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runloop_async.models.accounts import *
    from runloop_async.models.agents import *
    from runloop_async.models.apikeys import *
    from runloop_async.models.axons import *
    from runloop_async.models.benchmark_jobs import *
    from runloop_async.models.benchmark_runs import *
    from runloop_async.models.benchmarks import *
    from runloop_async.models.blueprints import *
    from runloop_async.models.devboxes import *
    from runloop_async.models.gateway_configs import *
    from runloop_async.models.launch import *
    from runloop_async.models.mcp_configs import *
    from runloop_async.models.network_policies import *
    from runloop_async.models.objects import *
    from runloop_async.models.pty import *
    from runloop_async.models.restricted_keys import *
    from runloop_async.models.scenarios import *
    from runloop_async.models.scorers import *
    from runloop_async.models.secrets import *
    from runloop_async.models.shared import *
else:

    def __getattr__(name: str) -> object:
        """Find a model in the groups, which are imported until it is there."""
        if not name.startswith("_"):
            for module in _groups(name):
                if name in vars(module):
                    return vars(module)[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted(
            name
            for module in _groups("")
            for name, value in vars(module).items()
            if isinstance(value, type) and value.__module__.startswith(f"{__name__}.")
        )


def _groups(name: str) -> Iterator[ModuleType]:
    """Import the groups one by one, those first whose name is most like a model's."""
    wanted = name.lower()

    def likeness(group: str) -> int:
        return -len(commonprefix([group.replace("_", ""), wanted]))  # noqa: RUF071

    for group in sorted((each.name for each in iter_modules(__path__)), key=likeness):
        yield import_module(f"{__name__}.{group}")
