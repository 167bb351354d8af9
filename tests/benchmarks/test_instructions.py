"""Instructions are counted, and held against a budget. How many is not judged here."""

import re
from pathlib import Path

import pytest

from benchmarks import instructions
from benchmarks.instructions import BUDGET, CASES, STEPS, main
from benchmarks.steps import steps

DOCS = Path(__file__).parents[2] / "docs/performance.md"
COUNTER = """#!/bin/sh
# Stands in for callgrind: says that the parts of the run were of 0, 1, 2 thousand.
for each in "$@"; do
    case "$each" in
    --callgrind-out-file=*) file="${each#*=}" ;;
    esac
done
for part in $(seq 14); do
    echo "totals: $(( (part - 1) * 1000 ))" > "$file.$part"
done
while [ "${1#-}" != "$1" ]; do shift; done
exec "$@"
"""


@pytest.fixture
def _counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "valgrind"
    tool.write_text(COUNTER)
    tool.chmod(0o755)
    monkeypatch.setattr(instructions, "_TOOL", (str(tool), "--quiet"))


@pytest.mark.usefixtures("_counter")
def test_what_costs_more_than_its_budget_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(instructions, "_WARM_UP", 10)
    monkeypatch.setattr(instructions, "_TIMES", 2)
    monkeypatch.setitem(instructions.CASES, "small", ("library", "small", 10))
    monkeypatch.setitem(instructions.CASES, "by hand", ("by_hand", "small", 20))
    monkeypatch.setitem(instructions.STEPS, "decode the model", 5)

    assert main(["small", "steps"]) == 1

    printed = capsys.readouterr().out
    assert "small: 2.000 is more than its budget of 0.51" in printed
    assert "decode the model: 6,000.000 is more than its budget of 5" in printed
    assert "make the call:" not in printed


@pytest.mark.usefixtures("_counter")
def test_a_case_that_is_not_there_is_told() -> None:
    assert main(["smal"]) == 2


def test_without_the_tool_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(instructions, "_TOOL", ("no-such-tool",))

    assert main([]) == 2

    assert "apt install valgrind" in capsys.readouterr().out


async def test_the_budget_is_of_what_is_counted() -> None:
    assert BUDGET.keys() <= CASES.keys()
    assert STEPS.keys() == (await steps()).keys()


def test_the_documentation_has_the_budget() -> None:
    told = re.findall(r"^\| (.+) \| ([\d,.]+) \|$", DOCS.read_text(), re.MULTILINE)
    figures = {name.strip("`"): float(figure.replace(",", "")) for name, figure in told}
    assert figures == {**BUDGET, **STEPS}
