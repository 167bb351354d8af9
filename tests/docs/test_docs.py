"""The documentation: its code runs, its links lead somewhere, its reference builds."""

import gc
import inspect
import io
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

import runloop_async
from runloop_async import models
from runloop_async.testing import Emulator
from tests.docs import api
from tests.docs.blocks import blocks, execute
from tests.docs.links import anchors, broken_in_html, broken_in_markdown

ROOT: Final = Path(__file__).parent.parent.parent
PAGES: Final = [
    ROOT / "README.md",
    ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    assert [*broken_in_markdown(path)] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 250


def test_the_page_of_endpoints_is_up_to_date() -> None:
    assert api.PAGE.read_text() == api.page(), "run `make docs`"


def test_the_reference_builds_without_warnings(tmp_path: Path) -> None:
    subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-Werror", "-m", "tests.docs.reference", tmp_path],
        cwd=ROOT,
        check=True,
        timeout=120,
    )

    assert [*broken_in_html(tmp_path)] == []
    assert [*missing_names(tmp_path)] == []


def missing_names(folder: Path) -> Iterator[str]:
    """Yield the public names and the fields of models that have no place."""
    pages = {
        ".".join(path.relative_to(folder).with_suffix("").parts): anchors(path)
        for path in folder.rglob("*.html")
    }
    for name in {*runloop_async.__all__} - {"__version__"}:
        if name not in pages["runloop_async"]:
            yield name
    for name in dir(models):
        model = getattr(models, name)
        group = ".".join(model.__module__.split(".")[:3])
        if name not in pages[group]:
            yield f"{group}: {name}"
        fields = {each.rpartition(".")[2] for each in pages[group]}  # or a base has it
        yield from (
            f"{group}: {name}.{field}"
            for field in inspect.get_annotations(model)
            if field not in fields
        )


@pytest.mark.parametrize(
    "name", ["tutorial", "testing", "options", "services", "statistics"]
)
async def test_the_blocks_of_a_page_run_in_turn(
    name: str,
    runloop_emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNLOOP_API_KEY", "any")
    if name != "testing":  # which mocks the real address
        monkeypatch.setenv("RUNLOOP_BASE_URL", runloop_emulator.url)
    runloop_emulator.populate(runs=30)
    async with runloop_async.AsyncRunloop(base_url=runloop_emulator.url) as client:
        names: dict[str, Any] = {**vars(runloop_async), "client": client}
        names["ids"] = [run.id async for run in client.benchmark_runs.list()]
        names["benchmark_id"] = (await client.benchmarks.list()).items[0].id

        for number, block in enumerate(blocks(ROOT / "docs" / f"{name}.md")):
            await execute(block, f"{name}.md, block {number}", names)
        if names["client"] is not client:
            await names["client"].aclose()


def pairs() -> Iterator[tuple[str, str]]:
    """Yield the programs before and after moving."""
    for first, second in pairwise(blocks(ROOT / "docs" / "migrating.md")):
        if first.startswith("# before"):
            assert second.startswith("# after")
            yield first, second


@pytest.mark.parametrize(("before", "after"), [*pairs()])
def test_programs_do_the_same_after_moving(
    before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNLOOP_API_KEY", "any")

    printed = [run_program(each, monkeypatch) for each in (before, after)]

    assert printed[0] == printed[1] != ""


def run_program(program: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a program against an emulator of its own, which is always the same."""
    shown = io.StringIO()
    with Emulator(speed=50.0) as emulator:
        emulator.populate(runs=30)
        monkeypatch.setenv("RUNLOOP_BASE_URL", emulator.url)
        with redirect_stdout(shown), redirect_stderr(io.StringIO()):
            exec(compile(program, "migrating.md", "exec"), {"__name__": "__main__"})  # noqa: S102 - ours
    with warnings.catch_warnings():
        # The official client may leave a connection that is not closed.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    return shown.getvalue()


def test_there_are_pairs_for_all_tasks() -> None:
    assert len([*pairs()]) >= 6


def test_every_name_that_does_not_carry_over_is_in_the_table() -> None:
    text = (ROOT / "docs" / "migrating.md").read_text()
    table = text.split("## What does not carry over")[1]

    for name in (
        *("extra_headers", "extra_query", "extra_body", "with_raw_response"),
        *("with_streaming_response", "NOT_GIVEN", "omit", "http_client", "Timeout"),
        *("error.response", "next_page_info", "types", "Runloop", "AsyncRunloopSDK"),
    ):
        assert name in table
    assert not re.search(r"\bTODO\b", text)
    assert os.linesep in text
