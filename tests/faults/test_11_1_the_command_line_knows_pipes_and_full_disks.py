"""11.1: output that cannot be written ends the program quietly, or with a sentence."""

import io
import os
import sys
from pathlib import Path

import pytest

from runloop_async.annotations import override
from runloop_async.calls.outcomes import Progress
from runloop_async.cli import main
from runloop_async.cli.lines import lines
from runloop_async.cli.progress import shown
from tests.programs import PROGRAM, shell

DEMO = f"{PROGRAM} demo --runs 50 --faults 0"
HELP = f"{PROGRAM} --help"


@pytest.mark.parametrize("command", [DEMO, HELP])
def test_a_pipe_that_nobody_reads_ends_it_quietly(command: str) -> None:
    done = shell(f"{command} | true")

    assert done.returncode == 141
    assert "Traceback" not in done.stderr


def test_the_first_line_alone() -> None:
    done = shell(f"{DEMO} 2>/dev/null | head -1")

    assert done.returncode in {0, 141}  # all may be written before `head` is done
    assert done.stdout.startswith("50 runs in an emulator of the API")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize("command", [DEMO, HELP])
def test_a_full_disk_is_told_in_a_sentence(command: str) -> None:
    done = shell(f"{command} > /dev/full")

    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last == "runloop-async: No space left on device"
    assert "Traceback" not in done.stderr


def test_progress_that_cannot_be_written_ends_nothing() -> None:
    done = shell(f"{DEMO} 2> /dev/full")

    assert done.returncode == 0
    assert "50 runs in" in done.stdout


@pytest.mark.parametrize(
    ("closed", "status"), [("<&-", 0), (">&-", 1), ("2>&-", 0), ("<&- >&- 2>&-", 1)]
)
def test_closed_streams(closed: str, status: int) -> None:
    done = shell(f"{DEMO} {closed}")

    assert done.returncode == status
    assert "Traceback" not in done.stderr
    if closed == ">&-":
        assert done.stderr == "runloop-async: standard output is closed\n"
    if status == 0:
        assert "50 runs in" in done.stdout


class Broken(io.StringIO):
    """A stream that cannot be written, or not flushed."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    @override
    def write(self, _: str, /) -> int:
        raise self._error


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (BrokenPipeError(), 141, ""),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (OSError("odd"), 1, "odd"),
    ],
)
def test_output_that_cannot_be_written(
    error: OSError,
    status: int,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdout", Broken(error))

    assert main(["demo", "--runs", "1"]) == status

    told = capsys.readouterr().err
    assert told.count("runloop-async: ") == bool(sentence)
    assert sentence in told


def test_what_could_not_be_written_is_dropped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("w") as file:
        broken = Broken(BrokenPipeError())
        monkeypatch.setattr(broken, "fileno", file.fileno)
        monkeypatch.setattr(sys, "stdout", broken)

        main(["demo", "--runs", "1"])
        file.write("more")

    assert (tmp_path / "out").read_text() == ""


def test_without_standard_error_nothing_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.delenv("RUNLOOP_API_KEY", raising=False)

    assert main(["runs", "bmd_1"]) == 1

    assert capsys.readouterr().out == ""


def test_without_standard_output_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", None)

    assert main(["demo"]) == 1

    assert capsys.readouterr().err == "runloop-async: standard output is closed\n"


def test_progress_ends_with_whoever_reads_it() -> None:
    now = Progress(done=1, failed=0, total=1, elapsed_s=0.0)
    with (
        pytest.raises(BrokenPipeError),
        lines(1, "runs", Broken(BrokenPipeError())) as show,
    ):
        show(now)
    with lines(1, "runs", Broken(OSError())) as show:
        show(now)
    with lines(1, "runs", None) as show:
        show(now)


def test_closed_numbers_are_not_given_to_sockets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = [7, 2, 0]
    closed: list[int] = []
    monkeypatch.setattr(os, "open", lambda *_: opened.pop())  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
    monkeypatch.setattr(os, "close", closed.append)
    monkeypatch.setattr(sys, "stdout", None)

    main(["demo"])

    assert closed == [7]


def test_without_standard_error_there_is_no_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", None)

    with shown(1, "runs") as show:
        show(Progress(done=1, failed=0, total=1, elapsed_s=0.0))

    assert capsys.readouterr().out == ""
