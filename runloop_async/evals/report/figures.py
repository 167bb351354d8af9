"""The figures of a report, as SVG or PNG: the same bytes for the same data."""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from runloop_async.evals.errors import needs

try:
    import matplotlib as mpl
    from matplotlib.figure import Figure
except ImportError as error:
    raise needs("report", "matplotlib and jinja2", "report") from error

_mpl: Any = mpl  # which is typed in part alone
_STYLE: Final[dict[str, Any]] = {
    "svg.hashsalt": "runloop_async",
    "svg.fonttype": "none",  # text stays text
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_INK: Final = "#1d4ed8"
_GOOD: Final = "#15803d"
_BAD: Final = "#b91c1c"
_WIDTH: Final = 6.4
_DPI: Final = 200
_MOST: Final = 30
"""Lines of a figure that can still be read."""


def intervals(
    names: Sequence[str],
    values: Sequence[float],
    ends: Sequence[tuple[float, float] | None],
    label: str,
) -> Figure:
    """Draw a value with its interval for each name, the first on top."""
    figure, axes = _figure(0.9 + 0.28 * len(names))
    for place, (value, end) in enumerate(zip(values, ends, strict=True)):
        if end is not None:
            axes.plot(end, (place, place), color=_INK, linewidth=1.6)
        axes.plot([value], [place], "o", color=_INK, markersize=5)
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.invert_yaxis()
    axes.set_xlabel(label)
    axes.grid(axis="x", color="#e5e7eb")
    return figure


def differences(names: Sequence[str], values: Sequence[float]) -> Figure:
    """Draw the largest changes by scenario, down to the left and up to the right."""
    ranked = sorted(zip(values, names, strict=True), key=lambda each: abs(each[0]))
    shown = sorted(each for each in ranked[-_MOST:] if each[0])
    figure, axes = _figure(0.9 + 0.2 * max(len(shown), 1))
    axes.barh(
        range(len(shown)),
        [value for value, _ in shown],
        color=[_GOOD if value > 0 else _BAD for value, _ in shown],
        height=0.7,
    )
    axes.set_yticks(range(len(shown)), [_short(name) for _, name in shown])
    axes.axvline(0, color="#6b7280", linewidth=0.8)
    axes.set_xlabel("change of the mean score")
    return figure


def heat(rows: Sequence[Sequence[float]], names: Sequence[str]) -> Figure:
    """Draw the mean score of each scenario, from left to right, for each name."""
    figure, axes = _figure(0.9 + 0.3 * len(names))
    image = axes.imshow(
        rows, aspect="auto", vmin=0, vmax=1, cmap="RdYlGn", interpolation="nearest"
    )
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.set_xlabel("scenarios, hardest first")
    axes.set_xticks([])
    drawn: Any = figure  # whose method is typed in part alone
    drawn.colorbar(image, ax=axes, label="mean score", fraction=0.05)
    return figure


def histogram(values: Sequence[float]) -> Figure:
    """Draw how often each score comes."""
    figure, axes = _figure(2.4)
    axes.hist(values, bins=20, range=(0, 1), color=_INK)
    axes.set_xlabel("score of an attempt")
    axes.set_ylabel("attempts")
    return figure


def curve(
    ks: Sequence[int],
    values: Sequence[float],
    ends: Sequence[tuple[float, float] | None],
) -> Figure:
    """Draw pass@k over k, with its intervals."""
    figure, axes = _figure(2.4)
    axes.plot(ks, values, "o-", color=_INK, markersize=4)
    for k, end in zip(ks, ends, strict=True):
        if end is not None:
            axes.plot((k, k), end, color=_INK, linewidth=1)
    axes.set_ylim(0, 1.02)
    axes.set_xticks(ks)
    axes.set_xlabel("k")
    axes.set_ylabel("pass@k")
    return figure


def as_svg(figure: Figure) -> str:
    """Return a figure as SVG to put into a page: without a header of its own."""
    out = io.StringIO()
    _save(figure, out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def save(figure: Figure, folder: Path, name: str) -> None:
    """Save a figure to a folder, as SVG and as PNG."""
    (folder / f"{name}.svg").write_text(as_svg(figure), "utf-8")
    path = folder / f"{name}.png"
    _save(figure, path, format="png", dpi=_DPI, metadata={"Software": None})


def _figure(height: float) -> tuple[Figure, Any]:
    with _mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        return figure, figure.add_subplot()


def _save(figure: Any, target: object, **options: object) -> None:
    with _mpl.rc_context(_STYLE), warnings.catch_warnings():
        # Its own font may lack a letter: whoever shows the page has others.
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        figure.savefig(target, **options)


def _short(name: str, most: int = 32) -> str:
    """Return a name that fits on its line, and in which `$` begins no formula."""
    name = "".join(each if each.isprintable() else " " for each in name)
    cut = name if len(name) <= most else f"{name[: most - 2]}.."
    return cut.replace("$", r"\$")
