"""11.8: models can be imported from one place, and help shows parameters."""

import inspect
import pydoc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runloop_async import AsyncRunloop, models
from runloop_async.models import BenchmarkRunView
from runloop_async.models import benchmark_runs as group
from tests.test_imports import loaded


def test_a_model_is_imported_from_one_place() -> None:
    assert BenchmarkRunView is group.BenchmarkRunView


def test_only_what_is_needed_is_imported_for_it() -> None:
    names = loaded("from runloop_async.models import BenchmarkRunView")

    assert "runloop_async.models.benchmark_runs" in names
    assert "runloop_async.models.devboxes" not in names


def classes() -> Iterator[tuple[str, object]]:
    for name in dir(models):
        yield name, getattr(models, name)


def test_all_models_are_listed_and_none_has_two_meanings() -> None:
    found = dict(classes())

    assert {"BenchmarkRunView", "DevboxView", "ScenarioCreateParams"} <= found.keys()
    assert len(found) > 250
    for name, model in found.items():
        module = sys.modules[getattr(model, "__module__", "")]
        assert vars(module)[name] is model


def test_what_is_no_model_is_not_found() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = models.Nothing  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    with pytest.raises(ImportError):
        exec("from runloop_async.models import __nothing__")  # noqa: S102


def test_type_checkers_find_every_group() -> None:
    source = Path(inspect.getsourcefile(models) or "").read_text()
    groups = {
        path.stem
        for path in Path(models.__path__[0]).iterdir()
        if not path.name.startswith("__")
    }

    assert groups == {
        line.split(".")[2].removesuffix(" import *")
        for line in source.splitlines()
        if line.endswith("import *")
    }


def test_help_shows_the_parameters() -> None:
    method = AsyncRunloop(bearer_token="any").benchmark_runs.list

    text = pydoc.plain(pydoc.render_doc(method))

    assert "benchmark_id" in text
    assert "limit" in text
    assert "**query" not in text
    assert "benchmark_id" in inspect.signature(method).parameters


def test_a_notebook_completes_resources_and_methods() -> None:
    client = AsyncRunloop(bearer_token="any")

    assert {"benchmark_runs", "devboxes", "get"} <= {*dir(client)}
    assert {"list", "retrieve"} <= {*dir(client.benchmark_runs)}


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_type_checkers_know_the_models(tmp_path: Path, checker: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from runloop_async.models import BenchmarkRunView\n"
        "from runloop_async.types import DevboxView\n"
        "def f(run: BenchmarkRunView, box: DevboxView) -> str:\n"
        "    return run.id + box.id\n"
    )
    options = {
        "mypy": ["--strict"],
        "pyright": ["--pythonpath", sys.executable],
    }

    done = subprocess.run(  # noqa: S603 - ours
        [Path(sys.executable).with_name(checker), *options[checker], program],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stdout
