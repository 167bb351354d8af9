"""The report: one file, the same twice, and nothing in it that runs."""

import importlib
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from runloop_async.annotations import override
from runloop_async.evals import write_report
from tests.evals.samples import attempts, singles

HOSTILE = '<script>alert(1)</script> & "$x_1$" ]]>'


class Tags(HTMLParser):
    """The tags of a page, and its policy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names = set[str]()
        self.attributes = set[str]()
        self.links = list[str]()
        self.policy = ""
        self.feed(text)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a tag is and has."""
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [v or "" for n, v in attrs if n in ("src", "href", "xlink:href")]
        given = dict(attrs)
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""


def study(agents: int, scenarios: int, repeats: int = 1) -> list[object]:
    return [
        row
        for agent in range(agents)
        for row in attempts(
            {
                f"scn_{n:04}": [((n * 7 + agent * r) % 11) / 10 for r in range(repeats)]
                for n in range(scenarios)
            },
            agent=f"agent-{agent}",
            model=HOSTILE if agent == 0 else "m",
        )
    ]


def test_a_large_report_is_small_and_the_same_twice(tmp_path: Path) -> None:
    rows: list[object] = study(8, 500)

    one = write_report(tmp_path / "one.html", rows, baseline=study(8, 500))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    other = write_report(tmp_path / "other.html", rows, baseline=study(8, 500))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert one.read_bytes() == other.read_bytes()
    assert len(one.read_bytes()) <= 300_000


def test_nothing_in_it_runs_or_is_fetched(tmp_path: Path) -> None:
    rows = attempts({HOSTILE: [0.0, 1.0], "b": [1.0, 1.0]}, agent=HOSTILE)

    path = write_report(
        tmp_path / "x.html", rows, baseline=attempts({HOSTILE: [1.0]}), title=HOSTILE
    )

    text = path.read_text()
    page = Tags(text)
    assert "script" not in page.names
    assert not {name for name in page.attributes if name.startswith("on")}
    assert all(link.startswith(("#", "data:")) for link in page.links)
    assert page.policy.startswith("default-src 'none'")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"<!DOCTYPE svg", text)


def test_it_says_what_counts(tmp_path: Path) -> None:
    rows = singles([1.0, None, 0.5], agent="a")

    text = write_report(tmp_path / "x.html", rows).read_text()

    assert "3 scenarios, 3 attempts, 1 of them counted as 0, 0 left out" in text
    assert "pass@k" not in text
    assert "Compared" not in text
    assert "Leaderboard" in text


def test_rows_may_come_from_generators(tmp_path: Path) -> None:
    rows = attempts({"a": [0.0, 1.0], "b": [1.0]})

    one = write_report(tmp_path / "one", rows, baseline=rows)
    other = write_report(tmp_path / "other", iter(rows), baseline=iter(rows))

    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    "name", ["\u65e5\u672c\u8a9e", "\x1b[2Jtab\tline\nend", "a_{b}^c"]
)
def test_names_of_any_kind_are_drawn(tmp_path: Path, name: str) -> None:
    text = write_report(tmp_path / "x", attempts({name: [1.0]}, agent=name)).read_text()

    assert "\x1b" not in text.split("</figure>")[0].split("<figure>")[1]


def test_repeated_attempts_have_a_curve_and_flaky_scenarios(tmp_path: Path) -> None:
    rows = attempts({"a": [0.0, 1.0, 1.0], "b": [1.0, 1.0, 1.0], "c": [1.0]})

    text = write_report(tmp_path / "x.html", rows, by="run_id").read_text()

    assert "pass@k" in text
    assert "Flaky scenarios: 1" in text


def test_one_scenario_has_no_intervals(tmp_path: Path) -> None:
    text = write_report(tmp_path / "x", attempts({"a": [0.0, 1.0]})).read_text()

    assert "Flaky scenarios: 1" in text


def test_a_group_of_which_nothing_counts_has_no_interval(tmp_path: Path) -> None:
    rows = [
        *singles([1.0, 0.0], agent="a"),
        *singles([None], agent="b", state="canceled"),
    ]

    assert '<td class="n">-</td>' in write_report(tmp_path / "x", rows).read_text()


@pytest.mark.parametrize(
    ("module", "needs"), [("figures", "matplotlib"), ("page", "jinja2")]
)
def test_a_missing_extra_says_what_to_install(
    module: str, needs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = importlib.import_module(f"runloop_async.evals.report.{module}")
    monkeypatch.setitem(sys.modules, needs, None)

    with pytest.raises(ImportError, match=r'pip install "runloop-async\[report\]"'):
        importlib.reload(there)


def test_each_figure_is_also_saved_the_same_twice(tmp_path: Path) -> None:
    rows = attempts({"a": [0.0, 1.0, 1.0], "b": [1.0, 1.0, 1.0]})

    def saved(folder: str) -> dict[str, bytes]:
        path, to = tmp_path / "x.html", tmp_path / folder / "figures"
        write_report(path, rows, baseline=rows, by="run_id", figures_to=to)
        return {each.name: each.read_bytes() for each in to.iterdir()}

    found = saved("one")
    assert found == saved("other")
    names = ("leaderboard", "comparison", "scenarios", "scores", "pass-at-k")
    assert sorted(found) == sorted(
        f"{n}.{kind}" for n in names for kind in ("png", "svg")
    )
    for name, content in found.items():
        start = b"\x89PNG" if name.endswith("png") else b"<svg"
        assert content.startswith(start)
