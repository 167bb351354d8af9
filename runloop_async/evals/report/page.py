"""The page of a report: one file, without scripts, that needs nothing else."""

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs

from runloop_async.evals.analysis import (
    Comparison,
    Estimate,
    Leaderboard,
    compare,
    flaky,
    leaderboard,
    pass_at_k,
)
from runloop_async.evals.analysis.sample import Attempts, Records, sample_of
from runloop_async.evals.errors import needs
from runloop_async.evals.report import figures

try:
    from jinja2 import Environment, PackageLoader, Template, select_autoescape
    from markupsafe import Markup
    from matplotlib.figure import Figure
except ImportError as error:
    raise needs("report", "matplotlib and jinja2", "report") from error

_FLAKY: Final = 50
_MOST_K: Final = 10


@attrs.frozen(kw_only=True)
class Section:
    """A part of the page."""

    heading: str
    """What it is about."""
    text: str = ""
    """Words, as they are."""
    figure: Figure | None = None
    """A figure."""
    figure_name: str = ""
    """What its files are called."""
    columns: Sequence[str] = ()
    """The heads of a table."""
    rows: Sequence[Sequence[str]] = ()
    """Its lines."""


def write_report(
    path: str | os.PathLike[str],
    rows: Attempts,
    *,
    baseline: Attempts | None = None,
    by: str | Sequence[str] = ("agent", "model"),
    threshold: float = 1.0,
    title: str = "Benchmark report",
    figures_to: str | os.PathLike[str] | None = None,
) -> Path:
    """Write a report as one file of HTML, without scripts.

    The same rows give the same bytes. Texts of agents and scenarios stay text.

    Args:
        path: Where to.
        rows: Attempts, as `evals.scenarios` returns them, or a table of them.
        baseline: Attempts to compare them with.
        by: The columns that make the groups of the leaderboard.
        threshold: From which score on an attempt is solved.
        title: The title of the page.
        figures_to: A folder to which each figure goes as well, as `.svg` and `.png`;
            made if it is not there.

    Raises:
        ValueError: There are no rows, or an argument is unusable.
        OSError: The file cannot be written.
    """
    kept = Records.of(rows)
    before = None if baseline is None else Records.of(baseline)
    board = leaderboard(kept, by=by)
    parts = [*_board(board)]
    if before is not None:
        found = compare(before, kept, threshold=threshold)
        parts = [*_comparison(found, before, kept), *parts]
    parts += [*_scenarios(kept, board), *_repeats(kept, threshold)]
    sample = sample_of(kept)
    facts = (
        f"{len(sample.values)} scenarios, {sample.attempts} attempts, "
        f"{sample.zeroed} of them counted as 0, {sample.left_out} left out; an attempt "
        f"is solved from a score of {threshold:g} on"
    )
    target = Path(path)
    text = _template().render(title=title, facts=facts, parts=parts)
    target.write_text(text, "utf-8")
    if figures_to is not None:
        _save_figures(parts, Path(figures_to))
    return target


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("runloop_async.evals.report", "."),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["svg"] = _drawn
    return environment.get_template("page.html.j2")


def _save_figures(parts: Sequence[Section], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part in parts:
        if part.figure is not None:
            figures.save(part.figure, folder, part.figure_name)


def _board(board: Leaderboard) -> Iterator[Section]:
    counted = [each for each in board.entries if each.estimate.value is not None]
    yield Section(
        heading="Leaderboard",
        figure_name="leaderboard",
        figure=figures.intervals(
            [_name(each.key) for each in counted],
            [each.estimate.value or 0.0 for each in counted],
            [_ends(each.estimate) for each in counted],
            "mean score",
        ),
        columns=(
            "who",
            "rank",
            "mean",
            "interval",
            "scenarios",
            "attempts",
            "left out",
        ),
        rows=[
            (
                _name(each.key),
                f"{each.rank}",
                _number(each.estimate.value),
                _interval(each.estimate),
                f"{each.estimate.scenarios}",
                f"{each.estimate.attempts}",
                f"{each.estimate.left_out}",
            )
            for each in board.entries
        ],
    )


def _comparison(
    found: Comparison, before: Records, after: Records
) -> Iterator[Section]:
    was, now = sample_of(before).means, sample_of(after).means
    names = [*found.changes]
    changed = [name for name in names if found.changes[name] != "same"]
    yield Section(
        heading="Compared with the baseline",
        text=str(found),
        figure_name="comparison",
        figure=figures.differences(names, [now[name] - was[name] for name in names]),
        columns=("scenario", "change", "before", "after"),
        rows=[
            (name, found.changes[name], _number(was[name]), _number(now[name]))
            for name in sorted(changed, key=lambda name: (now[name] - was[name], name))
        ],
    )


def _scenarios(rows: Records, board: Leaderboard) -> Iterator[Section]:
    sample = sample_of(rows)
    hardest = sorted(sample.means, key=lambda name: (sample.means[name], name))
    means = {key: sample_of(each).means for key, each in rows.groups(board.by).items()}
    keys = [each.key for each in board.entries]
    table = [[means[key].get(name, math.nan) for name in hardest] for key in keys]
    yield Section(
        heading="Scenarios",
        figure_name="scenarios",
        figure=figures.heat(table, [_name(key) for key in keys]),
    )
    values = [value for each in sample.values.values() for value in each]
    yield Section(
        heading="Scores", figure_name="scores", figure=figures.histogram(values)
    )


def _repeats(rows: Records, threshold: float) -> Iterator[Section]:
    sample = sample_of(rows, threshold=threshold)
    most = min(max(map(len, sample.values.values()), default=0), _MOST_K)
    if most < 2:  # noqa: PLR2004 - nothing was repeated
        return
    ks = [*range(1, most + 1)]
    found = [pass_at_k(rows, k, threshold=threshold) for k in ks]
    yield Section(
        heading="pass@k",
        figure_name="pass-at-k",
        figure=figures.curve(
            ks, [each.value or 0.0 for each in found], [_ends(each) for each in found]
        ),
    )
    counts = flaky(rows, threshold=threshold)
    yield Section(
        heading=f"Flaky scenarios: {len(counts)}",
        columns=("scenario", "solved", "attempts"),
        rows=[
            (name, f"{solved}", f"{attempts}")
            for name, (solved, attempts) in [*counts.items()][:_FLAKY]
        ],
    )


def _drawn(figure: Figure) -> Markup:
    """Return a figure as SVG that is safe: matplotlib escapes the texts in it."""
    return Markup(figures.as_svg(figure))  # noqa: S704


def _name(key: tuple[str | None, ...]) -> str:
    return " / ".join(part for part in key if part is not None) or "all"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _ends(found: Estimate) -> tuple[float, float] | None:
    if found.low is None or found.high is None:
        return None
    return found.low, found.high


def _interval(found: Estimate) -> str:
    ends = _ends(found)
    return "-" if ends is None else f"{ends[0]:.3f} to {ends[1]:.3f}"
