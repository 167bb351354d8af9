"""Plots of what was measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_NAMES: Final = {
    "ours": "runloop_async",
    "hand": "aiohttp + orjson by hand",
    "official": "official client",
}
_COLOURS: Final = {"ours": "#0a7d5a", "hand": "#5b6770", "official": "#c2541b"}


def plotted(runs: Mapping[str, Any], directory: Path) -> Sequence[Path]:
    """Draw what there are figures for; return the files."""
    import matplotlib as mpl  # noqa: PLC0415 - it takes a second

    mpl.use("agg")
    made = list[Path]()
    for draw, name in ((_throughput, "throughput"), (_throttled, "throttled")):
        series = {
            kind: runs[f"{name}-{kind}"]
            for kind in _NAMES
            if f"{name}-{kind}" in runs and "broke" not in runs[f"{name}-{kind}"]
        }
        if series:
            made.append(directory / f"{name}.png")
            _saved(draw, series, made[-1])
    return made


def _saved(draw: Any, series: Mapping[str, Any], path: Path) -> None:
    from matplotlib import pyplot as plt  # noqa: PLC0415

    plot: Any = plt
    figure, axes = plot.subplots(figsize=(7, 3.6), dpi=120)
    draw(axes, series)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path)
    plot.close(figure)


def _throughput(axes: Any, series: Mapping[str, Any]) -> None:
    for kind, figures in series.items():
        axes.plot(
            figures["at once"],
            figures["runs a second"],
            marker="o",
            color=_COLOURS[kind],
            label=_NAMES[kind],
        )
    axes.set_xscale("log", base=2)
    axes.set_xlabel("calls at a time")
    axes.set_ylabel("runs a second")
    axes.set_title("A service of 20 ms, one core", loc="left")


def _throttled(axes: Any, series: Mapping[str, Any]) -> None:
    for kind, figures in series.items():
        served, refused = figures["ticks"]
        seconds = range(len(served) // 10)
        name, colour = _NAMES[kind], _COLOURS[kind]
        lost = f", {figures['lost']:,} calls lost" if figures["lost"] else ""
        axes.plot(
            [sum(served[10 * at : 10 * at + 10]) for at in seconds],
            color=colour,
            label=f"{name}: served{lost}",
        )
        axes.plot(
            [sum(refused[10 * at : 10 * at + 10]) for at in seconds],
            color=colour,
            linestyle=":",
            label=f"{name}: refused",
        )
    axes.set_xlabel("seconds")
    axes.set_ylabel("requests a second")
    axes.set_title("3,000 calls, 300 a second allowed", loc="left")
