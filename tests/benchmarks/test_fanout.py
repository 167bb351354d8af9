"""The cases of very many calls work; how good they are is not judged here."""

import json
from pathlib import Path

from benchmarks.allowance import Allowance
from benchmarks.fanout.__main__ import main
from benchmarks.fanout.runs import RUNS

QUICK = [
    "throughput-hand",
    "throttled-ours",
    "gather",
    "bucket-500-bare",
    "bounded",
    "far",
    "many",
    "stream",
]


def test_some_cases_run_and_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "fanout.json"

    status = main(["--small", "--runs", *QUICK, "--json", str(path)])

    assert status == 0
    assert (tmp_path / "throughput.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "throttled.png").exists()
    kept = json.loads(path.read_text())["runs"]
    assert [*kept] == QUICK
    for name, figures in kept.items():
        assert RUNS[name].bars.keys() <= figures.keys()
        assert not figures.get("lost")
        assert not figures.get("errors")


def allowed(allowance: Allowance, times: list[float]) -> list[bool]:
    return [allowance.refusal(b"/%f" % at, 100 + at) is None for at in times]


def test_a_bucket_allows_a_rate_and_a_tenth_of_a_second_at_once() -> None:
    allowance = Allowance()
    allowance.set({"bucket": [(0, 100), (10, 10)]})

    assert sum(allowed(allowance, [0.0] * 50)) == 10
    assert sum(allowed(allowance, [1 + n / 200 for n in range(200)])) in {109, 110}
    assert sum(allowed(allowance, [11 + n / 200 for n in range(200)])) in {10, 11}


def test_a_window_allows_so_many_in_each_second() -> None:
    allowance = Allowance()
    allowance.set({"window": [(0, 100)]})

    assert sum(allowed(allowance, [n / 400 for n in range(800)])) == 300


def test_what_comes_too_early_is_counted() -> None:
    allowance = Allowance()
    allowance.set({"at_once": 0, "retry_after": 1})

    refusal = allowance.refusal(b"/a", 5.0)
    assert refusal is not None
    assert b"Retry-After: 1" in refusal
    allowance.refusal(b"/a", 5.9)
    allowance.refusal(b"/a", 7.0)

    assert allowance.log()["early"] == 1
    assert allowance.log()["ticks"][0] == [0, 1, 0]
