"""`tour`: the whole job on an emulator."""

import sys
import tempfile
from pathlib import Path

import pytest

from runloop_async.cli import main


def test_the_tour_ends_with_a_verdict_and_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["tour", "--runs", "20", "--folder", str(tmp_path / "tour")])

    printed = capsys.readouterr().out
    report = tmp_path / "tour" / "report.html"
    assert status == 0
    assert "worse: -0." in printed
    assert "regressed 8: scn_" in printed
    assert f"a report is in {report}" in printed
    assert "Compared with the baseline" in report.read_text()
    assert [*(tmp_path / "tour" / "runs" / "data").glob("*.parquet")]


def test_by_default_it_has_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    assert main(["tour", "--runs", "5"]) == 0

    assert [*tmp_path.glob("runloop-tour-*/report.html")]


def test_what_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [*sys.modules]:
        if name.startswith("runloop_async.evals."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    assert main(["tour", "--runs", "5"]) == 1

    assert 'pip install "runloop-async[frames]"' in capsys.readouterr().err
