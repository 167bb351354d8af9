"""The house rules that a machine can check: floors, and the size of things."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = sorted((ROOT / "runloop_async").rglob("*.py"))
FILES = PACKAGE + sorted((ROOT / "tests").rglob("*.py"))
MOST_LINES_OF_A_FILE = 600
MOST_LINES_OF_A_FUNCTION = 50


def length(file: Path) -> int:
    return len(file.read_text().splitlines())


def long_functions(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                yield f"{node.name} has {lines} lines"


def test_imports_keep_to_the_floors() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    # In a process of its own, as it switches off the loggers that there are.
    done = subprocess.run(  # noqa: S603 - our own virtual environment
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_and_functions_are_short(file: Path) -> None:
    assert length(file) <= MOST_LINES_OF_A_FILE
    assert [*long_functions(file)] == []


def test_no_file_imports_itself_by_way_of_others() -> None:
    graph = grimp.build_graph("runloop_async", cache_dir=None)
    imports = {
        module: graph.find_modules_directly_imported_by(module)
        for module in graph.modules
    }

    TopologicalSorter(imports).prepare()  # which raises if there is a circle
