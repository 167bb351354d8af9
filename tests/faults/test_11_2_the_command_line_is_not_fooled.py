"""11.2: an unknown benchmark is an error, and an interrupt ends the demo at once."""

import signal
import subprocess
import sys

import pytest

from runloop_async import NotFoundError, __version__
from runloop_async.cli import main
from runloop_async.cli.commands.runs import runs
from runloop_async.testing import Emulator
from tests.programs import ROOT


async def test_an_unknown_benchmark_is_an_error(service: Emulator) -> None:
    with pytest.raises(NotFoundError, match="bmd_unknown"):
        await runs("bmd_unknown", concurrency=1)

    assert service.url


async def test_a_benchmark_without_runs_is_none(
    service: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    benchmark_id = str(service.benchmarks.add()["id"])

    assert await runs(benchmark_id, concurrency=1)

    assert "0 runs in" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])

    assert end.value.code == 0
    assert capsys.readouterr().out == f"runloop-async {__version__}\n"


WATCHED = """
import sys, runloop_async.cli
from runloop_async.testing import Emulator

populate = Emulator.populate

def told(*args, **fields):
    print("begun", file=sys.stderr, flush=True)
    populate(*args, **fields)
    print("ended", file=sys.stderr, flush=True)

Emulator.populate = told
sys.exit(runloop_async.cli.main(["demo", "--runs", "1000000"]))
"""


def test_an_interrupt_does_not_wait_for_a_million_runs() -> None:
    with subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-c", WATCHED], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == "begun\n"
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()

    assert running.returncode == 130
    assert rest == "runloop-async: interrupted\n"
