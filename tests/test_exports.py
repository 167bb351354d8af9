"""What is public: sorted, complete, importable, and each with its sentence."""

import inspect
import pkgutil
from importlib import import_module
from types import FunctionType, ModuleType

import pytest

import runloop_async
from runloop_async import errors, resources
from runloop_async.calls.resource import Resource

MODULES = [
    import_module(module.name)
    for module in pkgutil.walk_packages(resources.__path__, "runloop_async.resources.")
]
RESOURCES = [
    kind
    for module in MODULES
    for kind in vars(module).values()
    if inspect.isclass(kind)
    and issubclass(kind, Resource)
    and kind.__module__ == module.__name__
]
METHODS = [
    method
    for resource in RESOURCES
    for name, method in inspect.getmembers(resource, inspect.isfunction)
    if not name.startswith("_")
]


def public(module: ModuleType) -> set[str]:
    """Return the names that a module gives away, modules aside."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not inspect.ismodule(value)
        if name != "TYPE_CHECKING"
    }


def test_names_are_sorted_and_none_comes_twice() -> None:
    assert runloop_async.__all__ == sorted(set(runloop_async.__all__))


def test_all_is_exactly_what_is_public() -> None:
    late = {"Devbox", "Execution", "ExecutionResult"}

    found = public(runloop_async) | {"__version__"} | late

    assert set(runloop_async.__all__) == found


def test_every_error_is_public() -> None:
    raised = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.RunloopError)
    }

    assert raised <= set(runloop_async.__all__)


@pytest.mark.parametrize("name", sorted({*runloop_async.__all__} - {"__version__"}))
def test_a_public_name_has_its_sentence(name: str) -> None:
    value: object = getattr(runloop_async, name)

    assert inspect.isclass(value) or inspect.isfunction(value)
    assert vars(value).get("__doc__") or inspect.getdoc(value)


def test_every_file_of_the_resources_has_one() -> None:
    files = {module.__name__ for module in MODULES if not hasattr(module, "__path__")}

    without = files - {kind.__module__ for kind in RESOURCES}

    room = "runloop_async.resources.devboxes"
    helpers = {"calls", "handles", "opening", "tunnels", "waits"}
    assert without == {f"{room}.{name}" for name in helpers}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__qualname__)
def test_a_method_of_a_resource_has_its_sentence(method: FunctionType) -> None:
    assert method.__doc__
