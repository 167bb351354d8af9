import asyncio
import importlib
import io
import sys

import pytest

from runloop_async import (
    AsyncRunloop,
    BulkResult,
    InternalServerError,
    Outcome,
    Progress,
    Summary,
    cli,
)
from runloop_async.annotations import override
from runloop_async.cli import main, progress, summary
from runloop_async.cli.commands.runs import runs
from runloop_async.cli.lines import lines
from runloop_async.cli.progress import shown
from runloop_async.models.benchmark_runs import BenchmarkRunView
from runloop_async.testing import Emulator, status

CALL = AsyncRunloop(bearer_token="none").benchmark_runs.retrieve("bmr_1")


def run(*, score: float | None, benchmark_id: str | None = "bmd_1") -> BenchmarkRunView:
    return BenchmarkRunView(
        id="bmr_1",
        metadata={},
        start_time_ms=0,
        state="completed" if score is not None else "running",
        benchmark_id=benchmark_id,
        score=score,
    )


def result(
    *outcomes: float | InternalServerError | None,
) -> BulkResult[BenchmarkRunView]:
    return BulkResult(
        outcomes=[
            Outcome(index, CALL, each, None)
            if isinstance(each, InternalServerError)
            else Outcome(index, CALL, None, run(score=each))
            for index, each in enumerate(outcomes)
        ],
        summary=Summary(elapsed_s=2.0, requests=4, retries=2, throttled=1, bytes=10),
        again=none_again,
    )


async def none_again(_: object) -> BulkResult[BenchmarkRunView]:
    pytest.fail("nothing is tried again")


def test_the_demo_fetches_all_runs_in_spite_of_faults(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["demo", "--runs", "300", "--concurrency", "20", "--faults", "0.1"])

    printed = capsys.readouterr()
    assert code == 0
    assert "300 runs in" in printed.out
    assert "0 runs failed" in printed.out
    assert "300/300 runs" in printed.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["demo", "--runs", "0"], "'0' is no whole number from 1 to 1000000"),
        (["demo", "--runs", "many"], "'many' is no whole number"),
        (["demo", "--concurrency", "-1"], "'-1' is no whole number"),
        (["demo", "--faults", "2"], "'2' is no number from 0 to 0.5"),
        (["demo", "--faults", "x"], "'x' is no number from 0 to 0.5"),
        (["runs", ""], "'' is no id: give one such as bmd_123"),
        (["runs", ".."], "'..' is no id"),
        ([], "required: command"),
    ],
)
def test_a_bad_argument_is_refused_with_what_to_do(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(arguments)

    assert refusal.value.code == 2
    assert sentence in capsys.readouterr().err


def test_the_package_is_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["runloop_async", "demo", "--runs", "10"])

    with pytest.raises(SystemExit) as end:
        importlib.import_module("runloop_async.__main__")

    assert end.value.code == 0


def test_runs_needs_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["runs", "bmd_1"])

    assert code == 1
    assert "set RUNLOOP_API_KEY" in capsys.readouterr().err


async def test_runs_fetches_all_runs_of_a_benchmark(
    service: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark_id = str(service.benchmarks.add()["id"])
    for _ in range(3):
        service.benchmark_runs.add(benchmark_id=benchmark_id)
    service.benchmark_runs.add(benchmark_id=str(service.benchmarks.add()["id"]))

    done = await runs(benchmark_id, concurrency=2)

    assert done
    assert "3 runs in" in capsys.readouterr().out


async def test_runs_that_cannot_be_fetched_are_told_and_are_no_success(
    service: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark_id = str(service.benchmarks.add()["id"])
    service.benchmark_runs.add(benchmark_id=benchmark_id)
    service.faults.add(status(400), path="/v1/benchmark_runs/*")

    done = await runs(benchmark_id, concurrency=2)

    assert not done
    assert "1 runs failed\n  HTTP 400" in capsys.readouterr().out


def test_a_failed_job_and_an_interrupt_have_their_own_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Interrupting(io.StringIO):
        @override
        def write(self, text: str, /) -> int:
            if "runs, " in text:
                raise KeyboardInterrupt
            return super().write(text)

    terminal = Interrupting()
    monkeypatch.setattr(sys, "stderr", terminal)

    code = main(["demo", "--runs", "10"])

    assert code == 130
    assert terminal.getvalue() == "runloop-async: interrupted\n"


def test_the_command_line_works_without_its_extras(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    monkeypatch.setitem(sys.modules, "runloop_async.cli.bar", None)

    without_uvloop = importlib.reload(cli)
    without_rich = importlib.reload(progress)

    assert without_uvloop.new_event_loop is asyncio.new_event_loop
    assert without_rich.bar is lines
    monkeypatch.undo()
    importlib.reload(cli)
    importlib.reload(progress)


def test_the_table_has_a_line_for_each_benchmark() -> None:
    text = summary.of_runs(
        [run(score=0.5), run(score=1.0), run(score=None, benchmark_id=None)]
    )

    assert text.splitlines()[1].split() == ["(none)", "1", "0", "-", "-", "-"]
    assert text.splitlines()[2].split() == [
        "bmd_1",
        "2",
        "2",
        "0.750",
        "1.000",
        "0.500",
    ]


@pytest.mark.parametrize(
    ("width", "name"),
    [(100, "bmd_" + "1" * 26), (60, "bmd_111111..1111111111"), (9, "bmd_1..11111")],
)
def test_names_are_shortened_to_fit_the_terminal(width: int, name: str) -> None:
    text = summary.of_runs([run(score=0.5, benchmark_id="bmd_" + "1" * 26)], width)

    assert text.splitlines()[1].split()[0] == name


def test_the_summary_counts_runs_requests_and_failures() -> None:
    lost = InternalServerError("HTTP 500", status_code=500)

    text = summary.of_bulk(result(0.5, lost))

    assert "1 runs in 2.00 s: 0 runs a second" in text
    assert "4 requests, 2 of them retries" in text
    assert text.endswith("1 runs failed\n  HTTP 500")


def test_the_summary_shows_ten_failures_and_counts_the_rest() -> None:
    lost = InternalServerError("HTTP 500", status_code=500)

    text = summary.of_bulk(result(*[lost] * 12))

    assert text.count("HTTP 500") == 10
    assert text.endswith("... and 2 more")


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)

    with shown(2, "runs") as show:
        show(Progress(done=2, failed=1, total=2, elapsed_s=0.1))

    assert "2/2" in terminal.getvalue()
    assert "1 failed" in terminal.getvalue()
