"""The benchmarks work; how fast anything is, is not judged here."""

import json
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.__main__ import main
from benchmarks.bodies import Answers, run_id
from benchmarks.capacity import capacity
from benchmarks.cases import CASES
from benchmarks.measure import CONTENDERS, Result, Spread
from benchmarks.processes import served
from benchmarks.report import table


class Forgetful:
    """A contender that is fast by answering with the first run alone."""

    async def run(self, id: str) -> str:
        del id
        return run_id(0)

    async def old_run(self, id: str) -> float:
        del id
        return 0.0

    async def list(self, benchmark_id: str) -> Sequence[str]:
        del benchmark_id
        return [run_id(0)]

    async def gather(self, ids: Iterable[str]) -> Sequence[str]:
        del ids
        return [run_id(0)]

    bulk = gather

    async def scenarios(self, limit: int) -> Sequence[str]:
        del limit
        return [run_id(0)]


def body(target: bytes) -> bytes:
    return Answers().to(target).partition(b"\r\n\r\n")[2]


def test_every_contender_gets_through_every_case(tmp_path: Path) -> None:
    path = tmp_path / "results" / "all.json"

    status = main(["--small", "--json", str(path)])

    kept = json.loads(path.read_text())
    assert status == 0
    assert [*kept["cases"]] == [*CASES]
    for results in kept["cases"].values():
        assert [each["contender"] for each in results] == [*CONTENDERS]
        assert all(each["cpu_ratio"]["median"] > 0 for each in results)


def test_a_case_that_is_not_chosen_is_not_measured(tmp_path: Path) -> None:
    path = tmp_path / "one.json"

    main(
        [
            "--small",
            "--rounds",
            "2",
            "--processes",
            "2",
            "--cases",
            "big",
            "--json",
            str(path),
        ]
    )

    (results,) = json.loads(path.read_text())["cases"].values()
    assert [len(each["turns"]) for each in results] == [4] * 7


@pytest.mark.parametrize("name", CASES)
async def test_a_case_refuses_answers_that_are_not_due(name: str) -> None:
    with pytest.raises(ValueError, match="not the due one"):
        await CASES[name].play(Forgetful(), 2)


def test_a_small_run_has_350_bytes() -> None:
    assert len(body(b"/v1/benchmark_runs/bmr_00000001")) == 350


def test_a_run_by_the_old_path_has_as_many_scenario_runs_as_its_id_says() -> None:
    runs = json.loads(body(b"/v1/benchmarks/runs/bmr_3"))["scenario_runs"]

    assert [each["scenarioRunId"][-1] for each in runs] == ["0", "1", "2"]


def test_a_run_with_500_scenario_runs_has_about_1170_kilobytes() -> None:
    assert round(len(body(b"/v1/benchmarks/runs/bmr_500")), -4) == 1_170_000


def test_the_pages_of_a_list_make_up_the_list() -> None:
    target = b"/v1/benchmark_runs?benchmark_id=bmd_5&limit=3"

    first = json.loads(body(target))
    second = json.loads(body(target + b"&starting_after=" + run_id(2).encode()))

    ids = [run["id"] for run in first["runs"] + second["runs"]]
    assert ids == [run_id(number) for number in range(5)]
    assert (first["has_more"], second["has_more"]) == (True, False)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_the_server_answers_many_requests_until_its_input_closes(tls: bool) -> None:
    with served(tls=tls, service_ms=0.0) as address:
        rate = capacity(address, 2)

    port = urlsplit(address.url).port
    assert rate > 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port or 0))


def test_a_server_with_a_service_time_answers_no_sooner() -> None:
    with served(tls=False, service_ms=50.0) as address:
        rate = capacity(address, 2)

    assert rate <= 64 / 0.05


def test_a_contender_that_failed_is_shown_with_its_error() -> None:
    broken = Result(contender="official", count=7, turns=[], errors=["TimeoutError: "])

    shown = table(CASES["small"], [broken])

    assert "failed 1 times: TimeoutError" in shown


@pytest.mark.parametrize(
    ("figures", "spread"),
    [
        pytest.param([3.0], Spread(low=3.0, median=3.0, high=3.0), id="one figure"),
        pytest.param(
            [5.0, 1.0, 2.0, 4.0, 3.0], Spread(low=2.0, median=3.0, high=4.0), id="five"
        ),
    ],
)
def test_a_spread_has_the_quartiles(figures: list[float], spread: Spread) -> None:
    assert Spread.of(figures) == spread
