"""What the README and the page of options list is what there is."""

import importlib
import inspect
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.cases import CASES
from runloop_async import AsyncRunloop, errors
from runloop_async.options import CallOptions
from tests.docs.blocks import blocks

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
OPTIONS = (ROOT / "docs" / "options.md").read_text()


def section(title: str) -> str:
    """Return the text below a heading."""
    return README.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_every_option_of_a_client_is_listed() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", OPTIONS, re.MULTILINE)

    there_are = set(inspect.signature(AsyncRunloop).parameters)
    assert set(listed) == there_are - {"allow_http"}  # told beside base_url
    assert "`allow_http=True`" in OPTIONS


def test_every_option_of_a_call_is_named() -> None:
    assert [
        name for name in CallOptions.__annotations__ if f"`{name}`" not in OPTIONS
    ] == []


def test_what_it_imports_is_what_it_calls_public() -> None:
    public = set(re.findall(r"`(runloop_async[.\w]*)`", section("More")))
    imported = re.findall(
        r"^(?:from|import) (runloop_async[.\w]*)", README, re.MULTILINE
    )

    assert len(public) == 4
    assert len(imported) > 5
    assert set(imported) <= public


@pytest.mark.parametrize(
    "module",
    ["runloop_async", "runloop_async.evals", "runloop_async.testing"],
)
def test_every_public_name_can_be_imported(module: str) -> None:
    public = importlib.import_module(module)

    for name in public.__all__:
        assert not name.startswith("_") or name == "__version__"
        assert getattr(public, name) is not None


def test_every_error_is_in_the_tree() -> None:
    raised = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.RunloopError)
    }

    assert raised - set(re.findall(r"\w+", section("Errors"))) == set()


def tree() -> Iterator[tuple[str, str, list[str]]]:
    """Yield each error of the README's tree, its parent, and what its line says."""
    block = section("Errors").split("```")[1].strip("\n")
    parents = dict[int, str]()
    for line in block.splitlines():
        depth = len(line) - len(line.lstrip())
        names = re.findall(r"\b[A-Z]\w+", line)
        others = re.findall(r"\b[a-z_]{4,}\b|\b\d{3}\b", line)
        parents[depth] = names[-1]
        for name in names:
            yield name, parents[depth - 2] if depth else "Exception", others


def test_an_error_stands_below_the_one_it_is_caught_with() -> None:
    found = {name: parent for name, parent, _ in tree()}

    assert len(found) > 20
    for name, parent in found.items():
        kind = getattr(errors, name)
        assert parent in {base.__name__ for base in kind.__mro__}, name


def test_errors_have_the_attributes_and_statuses_that_it_lists() -> None:
    statuses = dict[str, str]()
    for line in section("Errors").splitlines():
        statuses |= dict(re.findall(r"(\w+Error) (\d{3})", line))
    for name, status in statuses.items():
        assert errors.APIStatusError.class_for(int(status)).__name__ == name
    assert errors.APIStatusError.class_for(599) is errors.InternalServerError

    attributes = {
        name: [each for each in others if not each.isdigit() and each != "above"]
        for name, _, others in tree()
    }
    assert len(attributes["APIError"]) == 6
    for name, listed in attributes.items():
        kind = getattr(errors, name)
        known = {*dir(kind), *inspect.signature(kind.__init__).parameters}
        for base in kind.__mro__:
            known |= set(inspect.get_annotations(base))
        assert set(listed) <= known, name


BENCHMARKS = (ROOT / "benchmarks" / "README.md").read_text()


def cells(text: str, begin: str) -> list[str]:
    """Return the cells of the one row that begins like that."""
    (row,) = (line for line in text.splitlines() if line.startswith(begin))
    return [cell.strip() for cell in row.removeprefix(begin).split("|")]


def test_its_costs_are_those_of_the_benchmarks() -> None:
    figures = BENCHMARKS.split("\n## Figures\n")[1].split("--tls")[0]
    ours, _, _, _, official, *_ = cells(figures, "| `small` |")

    told = cells(README, "| CPU per run, 64 at a time |")

    shown = [f"{float(ours.split()[0]):.0f} us", f"{official.split()[0]} us"]
    assert told[:2] == shown


@pytest.mark.parametrize("case", CASES)
def test_the_cases_of_the_benchmarks_are_as_large_as_it_says(case: str) -> None:
    table = BENCHMARKS.split("\n## What is measured\n")[1].split("\n## ")[0]
    plan = CASES[case]

    ours, official, *_ = cells(table, f"| `{case}` |")

    assert (ours, official) == (f"{plan.count:,}: {plan.title}", f"{plan.official:,}")


def test_its_blocks_pass_a_strict_type_checker(tmp_path: Path) -> None:
    """The README calls the library typed: what it shows must be, as it stands."""
    _, *others = blocks(ROOT / "README.md")  # the first is a program of its own
    code = textwrap.indent("\n".join(others), "    ")
    program = tmp_path / "readme.py"
    program.write_text(
        "import asyncio\n"
        "from runloop_async import AsyncRunloop\n"
        "async def main(\n"
        "    client: AsyncRunloop, ids: list[str], benchmark_id: str\n"
        f") -> None:\n{code}"
    )

    done = subprocess.run(  # noqa: S603 - our own virtual environment
        [sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
